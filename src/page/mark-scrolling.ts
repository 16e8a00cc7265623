/** Marks the edges that a table can be scrolled beyond, and lets the arrow keys scroll it. */
export function markScrolling(outer: HTMLElement): void {
  const scroller = outer.firstElementChild as HTMLElement;
  const mark = (): void => {
    const { scrollLeft, scrollWidth, clientWidth } = scroller;
    const beyond = scrollWidth - clientWidth;
    // Places are fractions of a pixel where the page is zoomed.
    const ways = [scrollLeft > 1 ? 'left' : '', scrollLeft < beyond - 1 ? 'right' : ''];
    outer.dataset.more = ways.join(' ').trim();
    scroller.tabIndex = beyond > 1 ? 0 : -1;
  };
  scroller.onscroll = mark;
  // Also where what hid it is opened.
  new ResizeObserver(mark).observe(scroller);
  mark();
}
