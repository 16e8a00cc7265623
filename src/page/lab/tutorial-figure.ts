/** A picture of the tutorial that is alive. */
export interface TutorialFigure {
  readonly nodes: readonly Element[];
  /** @param width pixels that it has */
  draw(width: number): void;
}
