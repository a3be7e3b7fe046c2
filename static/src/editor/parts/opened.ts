// What is opened on the page: a chunk of its own.
export { OpenDialog } from "./dialogs.tsx";
export { OpenPanel } from "./panels.tsx";
