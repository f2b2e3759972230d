// Drags one element onto another by the events that the browser sends for a mouse, and lets it go low on the target.
// arguments: what is dragged, the target; gives why that is not possible, or null.
const [from, to] = arguments;
if (!from.draggable) return 'it cannot be dragged';
const data = new DataTransfer();
const fire = (element, kind, share) => {
  const box = element.getBoundingClientRect();
  const place = { clientX: box.left + box.width / 2, clientY: box.top + box.height * share };
  return element.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data, ...place }));
};
if (!fire(from, 'dragstart', 0.5)) return 'dragging it was refused';
fire(to, 'dragenter', 0.9);
// A target takes what is dropped on it only when it cancels this.
const takes = !fire(to, 'dragover', 0.9);
if (takes) fire(to, 'drop', 0.9);
fire(from, 'dragend', 0.5);
return takes ? null : 'the target takes nothing';
