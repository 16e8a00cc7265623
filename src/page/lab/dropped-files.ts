/** Takes files that are dropped on a node, which is marked while one is held over it. */
export function takeDropped(node: HTMLElement, take: (file: File) => void): void {
  node.ondragover = (event) => {
    event.preventDefault();
    node.classList.add('dropping');
  };
  node.ondragleave = () => node.classList.remove('dropping');
  node.ondrop = (event) => {
    event.preventDefault();
    node.classList.remove('dropping');
    const file = event.dataTransfer?.files[0];
    if (file !== undefined) take(file);
  };
}
