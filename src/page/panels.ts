import { parseMetrics, type PlotMetric } from '../plot/plot-metric.ts';

/** Points of a curve, the extremes of each stretch among them: about as many as a panel has pixels. */
export const POINTS = 450;

/** Panels as `leash plot --metric` takes them, those that some runs have columns for. */
export function panelsThere(panels: readonly string[], available: ReadonlySet<string>): PlotMetric[] {
  return panels.flatMap((panel) => {
    try {
      return parseMetrics(panel, available);
    } catch {
      // No run has it.
      return [];
    }
  });
}
