import type { Drawing, Ink, Shape } from '../rollout/drawing.ts';
import { isDark } from './theme.ts';

const LIGHT: Readonly<Record<Ink, string>> = {
  paper: '#ffffff',
  ground: '#e2e5e9',
  line: '#78808a',
  agent: '#1868bf',
  part: '#e08620',
  goal: '#2e9154',
  danger: '#586270',
  start: '#c5d6ec',
};

const DARK: Readonly<Record<Ink, string>> = {
  paper: '#14171b',
  ground: '#2b3138',
  line: '#9aa3ad',
  agent: '#6f9cff',
  part: '#ff9a4a',
  goal: '#2cc79a',
  danger: '#5b636d',
  start: '#31445f',
};

/** Pixels of the screen that a picture is high at most. */
const MOST_HEIGHT = 320;

/** Draws a state of an environment, as wide as the canvas stands on the page or as high as it may be. */
export function drawShapes(canvas: HTMLCanvasElement, { width, height, shapes }: Drawing): void {
  const room = canvas.parentElement?.clientWidth ?? width;
  const scale = Math.min(room / width, MOST_HEIGHT / height);
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * scale * ratio);
  canvas.height = Math.round(height * scale * ratio);
  canvas.style.width = `${width * scale}px`;
  canvas.style.height = `${height * scale}px`;
  const c = canvas.getContext('2d');
  if (c === null) return;
  const inks = isDark() ? DARK : LIGHT;
  c.scale(scale * ratio, scale * ratio);
  c.fillStyle = inks.paper;
  c.fillRect(0, 0, width, height);
  for (const shape of shapes) {
    c.fillStyle = inks[shape.ink];
    c.strokeStyle = inks[shape.ink];
    fill(c, shape);
  }
}

function fill(c: CanvasRenderingContext2D, shape: Shape): void {
  c.beginPath();
  switch (shape.kind) {
    case 'rectangle':
      c.rect(shape.x, shape.y, shape.width, shape.height);
      c.fill();
      break;
    case 'circle':
      c.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
      c.fill();
      break;
    case 'polygon':
      for (const [x, y] of shape.points) c.lineTo(x, y);
      c.closePath();
      c.fill('evenodd');
      break;
    case 'line':
      c.lineCap = 'round';
      c.lineWidth = shape.width;
      c.moveTo(shape.x1, shape.y1);
      c.lineTo(shape.x2, shape.y2);
      c.stroke();
      break;
  }
}
