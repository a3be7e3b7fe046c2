import { render } from "preact";

const root = document.querySelector<HTMLElement>("[data-editor]");
if (root) render(<p>Loading your tasks</p>, root);
