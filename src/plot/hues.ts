import { themes } from './palette.ts';

const COLORS = themes.light.series.length;

/**
 * Which colour is whose in a picture. A hue is a colour of the palette; from its end on the colours come back, each time with
 * another dash.
 *
 * @param wanted hues that are somebody's own, in every picture; who has none takes the first that is nobody's
 * @returns no two alike: who would take another's keeps the colour with another dash
 */
export function huesOf(wanted: readonly (number | undefined)[]): number[] {
  const taken = new Set<number>();
  const keep = (hue: number, step: number): number => {
    let own = hue;
    while (taken.has(own)) own += step;
    taken.add(own);
    return own;
  };
  const owned = wanted.map((hue) => (hue === undefined ? undefined : keep(hue, COLORS)));
  return owned.map((hue) => hue ?? keep(0, 1));
}

/**
 * Hues of all of which some are going to be shown, by `huesOf` of theirs.
 * @param places as there; several may have the same
 */
export function hueOfEach(places: readonly (number | undefined)[]): number[] {
  const told = huesOf(places);
  return places.map((place, i) => place ?? told[i]);
}
