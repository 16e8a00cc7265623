/*
 * A server of the protocol in docs/gymnasium.md that is no Python: a walk on a line, and by the id all that can go wrong.
 * Run as `LEASH_PYTHON`: fake-server.mjs SERVER FOLDER ID. With LEASH_FAKE_LOG what it is asked is written there.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

const [, , , folder, id] = process.argv;
const log = process.env.LEASH_FAKE_LOG;
const HELLO = 3;

function frameOf(kind, world, number, body) {
  const frame = Buffer.alloc(16 + body.length);
  [kind, world, number, body.length].forEach((word, i) => void frame.writeUInt32LE(word, 4 * i));
  body.copy(frame, 16);
  return frame;
}

const words = (value) => Buffer.from(JSON.stringify(value));

if (id === 'Early-v0') process.exit(4);
if (id === 'Silent-v0') setInterval(() => {}, 1000);
else if (id === 'Babble-v0') {
  writeSync(HELLO, 'Hello, this is the wrong program\n');
  setInterval(() => {}, 1000);
} else serve();

function serve() {
  console.log('printed before hello');
  execFileSync('mkfifo', [`${folder}/requests`, `${folder}/answers`]);
  const held = openSync(`${folder}/answers`, constants.O_RDWR);
  const waited = openSync(`${folder}/requests`, constants.O_RDWR);
  const answers = openSync(`${folder}/answers`, constants.O_WRONLY);
  const requests = openSync(`${folder}/requests`, constants.O_RDONLY);
  const versions = { python: '0.0', gymnasium: process.env.LEASH_FAKE_VERSION ?? '9.9', numpy: '0.0' };
  const hello = {
    'Bare-v0': { protocol: 1, error: { kind: 'gymnasium', message: "No module named 'gymnasium'" } },
    'Lien-v0': {
      protocol: 1,
      error: { kind: 'unknown', message: 'Environment `Lien` doesn’t exist.', ids: ['Line-v0', 'Tree-v0'] },
    },
    'Newer-v0': { protocol: 2, versions },
  };
  writeSync(HELLO, frameOf(1, 0, 0, words(hello[id] ?? { protocol: 1, versions })));
  closeSync(HELLO);
  const worlds = new Map();
  for (let isFirst = true; ; isFirst = false) {
    const frame = read(requests);
    if (frame === undefined) process.exit(0);
    if (isFirst) for (const pipe of [held, waited]) closeSync(pipe);
    if (log) appendFileSync(log, `${frame.toString('hex')}\n`);
    const [kind, world, number] = [0, 4, 8].map((at) => frame.readUInt32LE(at));
    const answer = (as, body) => writeSync(answers, frameOf(as, world, number, body));
    const body = frame.subarray(16);
    if (kind === 2) {
      const made = make(JSON.parse(body.toString()));
      if (made.failed) answer(10, words(made.failed));
      else {
        worlds.set(world, made);
        answer(3, words(made.said));
      }
    } else if (kind === 4) answer(5, worlds.get(world).reset(body));
    else if (kind === 6) worlds.get(world).step(body, answer, (bytes) => writeSync(answers, bytes), number);
    else if (kind === 8) answer(9, Buffer.alloc(0));
  }
}

function read(requests) {
  let frame = Buffer.alloc(0);
  while (frame.length < 16 || frame.length < 16 + frame.readUInt32LE(12)) {
    const part = Buffer.alloc(1 << 16);
    const got = readSync(requests, part);
    if (got === 0) return undefined;
    frame = Buffer.concat([frame, part.subarray(0, got)]);
  }
  return frame;
}

function make({ options, copies, autoreset }) {
  if (id === 'Words-v0')
    return {
      failed: {
        refused: true,
        type: 'Refused',
        message: 'its observations are Text(5), which have no fixed number of numbers',
      },
    };
  if (options.colour !== undefined)
    return {
      failed: {
        refused: false,
        type: 'TypeError',
        message: "unexpected keyword argument 'colour'",
        copy: null,
        frames: [['make', 'worlds/line.py', 12]],
      },
    };
  const isStates = id === 'States-v0';
  const isBox = id === 'Force-v0';
  // Right is ruled out from 2 on, so that 4 is never reached; of Stuck-v0 everything is after some steps.
  const isMasked = id === 'Masked-v0' || id === 'Stuck-v0';
  const action = {
    'Force-v0': { kind: 'box', low: [-1], high: ['Infinity'] },
    'Levers-v0': { kind: 'levers' },
  };
  const width = isStates ? 1 : 2;
  const places = new Float64Array(copies);
  const ages = new Int32Array(copies);
  let steps = 0;
  const begin = (i, seed) => {
    places[i] = isStates ? seed % 3 : (seed % 5) - 2;
    ages[i] = 0;
  };
  const show = (into, i) => {
    into[0] = places[i];
    if (!isStates) into[1] = ages[i] / 10;
  };
  const masksOf = () =>
    isMasked
      ? Buffer.from(
          [...places].flatMap((place) =>
            id === 'Stuck-v0' && steps >= 40 ? [0, 0] : [1, Number(place < 2)],
          ),
        )
      : Buffer.alloc(0);
  return {
    said: {
      observation: isStates
        ? { kind: 'discrete', n: 7 }
        : {
            ...{ kind: 'box', low: ['-Infinity', 0], high: ['Infinity', 1] },
            ...(id === 'Images-v0' && { shape: [2, 1, 1], image: '2 × 1 × 1 of uint8' }),
            ...(id === 'Sides-v0' && { shape: [2, 2] }),
          },
      action: action[id] ?? { kind: 'discrete', n: 2 },
      timeLimit: 10,
      ...(isMasked && { masked: true }),
    },
    reset(body) {
      const rows = new Float32Array(copies * width);
      for (let i = 0; i < copies; i++) {
        begin(i, body.readUInt32LE(4 * i));
        show(rows.subarray(i * width), i);
      }
      return Buffer.concat([Buffer.from(rows.buffer), masksOf()]);
    },
    step(body, answer, raw, number) {
      steps += 1;
      const rewards = new Float64Array(copies);
      const rows = new Float32Array(copies * width);
      const flags = Buffer.alloc(2 * copies);
      const finals = [];
      for (let i = 0; i < copies; i++) {
        const action = body.readFloatLE(4 * i);
        if (isMasked && action === 1 && places[i] >= 2) process.exit(9);
        places[i] = isStates
          ? Math.min(6, Math.max(0, places[i] + (action === 1 ? 1 : -1)))
          : places[i] + (isBox ? action : action === 1 ? 1 : -1);
        ages[i] += 1;
        const isOver = places[i] >= (isStates ? 6 : 4);
        const isCut = ages[i] === 10;
        rewards[i] = isOver ? 1 : -0.01;
        flags[i] = isOver ? 1 : 0;
        flags[copies + i] = isCut ? 1 : 0;
        show(rows.subarray(i * width), i);
        if (autoreset && (isOver || isCut)) {
          finals.push(...rows.subarray(i * width, (i + 1) * width));
          begin(i, body.readUInt32LE(4 * (copies + i)));
          show(rows.subarray(i * width), i);
        }
      }
      const late = steps >= 40 && copies > 1;
      if (id === 'Prints-v0') console.log(`printed in step ${steps}`);
      if (late && id === 'NaN-v0') rows[0] = Number.NaN;
      if (late && id === 'Debt-v0') rewards[1] = Number.NEGATIVE_INFINITY;
      if (late && id === 'Dies-v0') process.exit(3);
      if (late && id === 'Killed-v0') process.kill(process.pid, 'SIGKILL');
      if (late && (id === 'Hangs-v0' || id === 'Stubborn-v0')) {
        if (id === 'Stubborn-v0') process.on('SIGABRT', () => {});
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
      if (late && id === 'Nonsense-v0') return raw(Buffer.from('Traceback (most recent call last): what?'));
      if (late && id === 'Numbers-v0') return raw(frameOf(7, 1, number + 1, Buffer.alloc(0)));
      if (late && id === 'Throws-v0')
        return answer(
          10,
          words({
            refused: false,
            type: 'ValueError',
            message: 'the line is\nbroken',
            copy: 1,
            frames: [
              ['walk', 'worlds/line.py', 7],
              ['step', 'worlds/line.py', 3],
              ['step', '/leash/dist/src/node/gymnasium-server.py', 200],
            ],
          }),
        );
      const masks = masksOf();
      let body2 = Buffer.concat([
        Buffer.from(rewards.buffer),
        Buffer.from(rows.buffer),
        flags,
        masks,
        Buffer.alloc((4 - ((flags.length + masks.length) % 4)) % 4),
        Buffer.from(new Float32Array(finals).buffer),
      ]);
      if (late && id === 'Short-v0') body2 = body2.subarray(0, body2.length - 4);
      if (late && id === 'Long-v0') body2 = Buffer.concat([body2, Buffer.alloc(1 << 12)]);
      if (late && id === 'Finals-v0') body2 = Buffer.concat([body2, Buffer.alloc(4 * width)]);
      return answer(7, body2);
    },
  };
}
