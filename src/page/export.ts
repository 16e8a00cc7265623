import type { Figure } from '../plot/figure.ts';
import type { RunGroup } from '../plot/group-runs.ts';
import { renderSvg } from '../plot/render-svg.ts';
import { tidyCsv } from '../plot/tidy-csv.ts';
import { make, makeButton } from './elements.ts';
import { currentTheme } from './theme.ts';
import {
  cut,
  cutStrip,
  isShown,
  shownBounds,
  shownDomain,
  shownLines,
  shownReasons,
  type View,
} from './view.ts';

/** Pixels of a PNG to one of its SVG. */
const FINENESS = 2;

/**
 * Buttons that save a figure as it is looked at, or the rows of its runs, and a place for why that cannot be.
 * @param name of the files @param groups whose rows are saved, all of them
 */
export function exportTools(
  name: string,
  view: () => View | undefined,
  groups: () => readonly RunGroup[] | Promise<readonly RunGroup[]>,
): HTMLElement[] {
  const asSvg = (looked: View): string => renderSvg(asLookedAt(looked), currentTheme());
  const ofView = (act: (looked: View) => void) => () => {
    const looked = view();
    if (looked !== undefined) act(looked);
  };
  return [
    saveButton(
      'SVG',
      ofView((looked) => save(`${name}.svg`, asSvg(looked), 'image/svg+xml')),
    ),
    saveButton(
      'PNG',
      ofView((looked) => void savePng(`${name}.png`, asSvg(looked))),
    ),
    ...csvTools(name, groups),
  ];
}

/** Rows may have to be asked for first. */
function csvTools(
  name: string,
  groups: () => readonly RunGroup[] | Promise<readonly RunGroup[]>,
): HTMLElement[] {
  const problem = make('span', 'refusal');
  problem.setAttribute('role', 'alert');
  const saveRows = async (): Promise<void> => {
    button.disabled = true;
    problem.textContent = '';
    try {
      const runs = (await groups()).flatMap((group) => group.runs);
      save(`${name}.csv`, tidyCsv(runs), 'text/csv');
    } catch (error) {
      problem.textContent = `no CSV: ${(error as Error).message}`;
    } finally {
      button.disabled = false;
    }
  };
  const button = saveButton('CSV', () => void saveRows());
  return [button, problem];
}

export function saveButton(kind: string, act: () => void): HTMLButtonElement {
  const button = makeButton('tool', kind);
  button.title = `save as ${kind}`;
  button.onclick = act;
  return button;
}

/** Saves what is on a canvas. */
export function saveCanvas(name: string, canvas: HTMLCanvasElement): void {
  canvas.toBlob((blob) => void (blob !== null && save(name, blob)));
}

/** The part of a figure that is in sight. */
function asLookedAt(view: View): Figure {
  const { figure } = view;
  const domain = shownDomain(view);
  return {
    ...figure,
    logY: view.log,
    marks: figure.marks?.filter((mark) => isShown(view, mark) && mark.x >= domain[0] && mark.x <= domain[1]),
    panels: figure.panels.map((panel) => ({
      ...panel,
      lines: shownLines(view, panel).map((line) => ({
        ...cut(line, domain),
        gaps: line.gaps.filter((x) => x >= domain[0] && x <= domain[1]),
        completeUntil: cut({ ...line, x: line.x.slice(0, line.completeUntil) }, domain).x.length,
      })),
      bounds: shownBounds(view, panel).map((bound) => cut(bound, domain)),
      violations: panel.violations
        .filter((each) => isShown(view, each))
        .map((each) => {
          const kept = each.x.flatMap((x, at) => (x >= domain[0] && x <= domain[1] ? [at] : []));
          return { ...each, x: kept.map((at) => each.x[at]), share: kept.map((at) => each.share[at]) };
        }),
      reasons: shownReasons(view, panel).map((strip) => cutStrip(strip, domain)),
    })),
  };
}

async function savePng(name: string, svg: string): Promise<void> {
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = address;
  await image.decode();
  URL.revokeObjectURL(address);
  const canvas = document.createElement('canvas');
  canvas.width = image.width * FINENESS;
  canvas.height = image.height * FINENESS;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  saveCanvas(name, canvas);
}

export function save(name: string, content: string | Blob, type = ''): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(typeof content === 'string' ? new Blob([content], { type }) : content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
