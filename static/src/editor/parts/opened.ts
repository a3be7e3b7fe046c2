// What the first item can be shown without: a chunk of its own.
export { OpenDialog } from "./dialogs.tsx";
export { SideHandle } from "./handle.tsx";
export { OpenPanel } from "./panels.tsx";
export { Recent } from "./recent.tsx";
export { Said } from "./said.tsx";
export { SkipReasons } from "./skip_reasons.tsx";
