/** Takes files that are dropped on a node, at least one, which is marked while one is held over it. */
export function takeDropped(node: HTMLElement, take: (files: readonly File[]) => void): void {
  node.ondragover = (event) => {
    event.preventDefault();
    node.classList.add('dropping');
  };
  node.ondragleave = () => node.classList.remove('dropping');
  node.ondrop = (event) => {
    event.preventDefault();
    node.classList.remove('dropping');
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files);
  };
}
