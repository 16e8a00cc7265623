import { Events } from './events.ts';

/*
 * What runs once for all tabs of a browser: a browser opens six connections to a host, and each page that listens would
 * keep one.
 */

/** Of a shared worker's own scope, which the page's types do not know. */
const scope = globalThis as unknown as { onconnect: (event: MessageEvent) => void };

const ports: MessagePort[] = [];
new Events((told) => {
  for (const port of ports) port.postMessage(told);
});

scope.onconnect = ({ ports: [port] }) => {
  ports.push(port);
  // A tab says that it goes; one that was killed stays listed, which costs a message that nobody reads.
  port.onmessage = () => ports.splice(ports.indexOf(port), 1);
  // The others know what there was: this one has to ask.
  port.postMessage({ kind: 'anew' });
};
