// Sets the theme before the first paint: a small script of its own, loaded before the page's body.
const root = document.documentElement;
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): string {
  try {
    return window.localStorage.getItem("dcai-theme") ?? "";
  } catch {
    return "";
  }
}

function apply(): void {
  const choice = root.dataset.theme || stored() || "auto";
  const effective = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
  root.dataset.bsTheme = effective === "dark" ? "dark" : "light";
}

apply();
dark.addEventListener("change", apply);
document.addEventListener("dc:theme", apply);
