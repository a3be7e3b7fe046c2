// Entry of the label page, beside its editor: the frame around it and nothing that the page has no use for.
import { startFrame } from "./app/frame.ts";

startFrame();
