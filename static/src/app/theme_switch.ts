import { all, csrfToken, on } from "../page/dom.ts";

function mark(): void {
  const choice = document.documentElement.dataset.theme || "auto";
  for (const button of all("[data-theme-value]")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeValue === choice));
  }
}

/** Light, dark or as the system says; kept in the browser at once and in the person's profile behind it. */
export function startThemeSwitch(): void {
  on("click", "[data-theme-value]", (_event, button) => {
    const choice = button.dataset.themeValue ?? "auto";
    document.documentElement.dataset.theme = choice;
    try {
      window.localStorage.setItem("dcai-theme", choice);
    } catch {
      // Storage is switched off: the profile still remembers.
    }
    document.dispatchEvent(new Event("dc:theme"));
    mark();
    const address = button.closest<HTMLElement>("[data-theme-switch]")?.dataset.save;
    if (address) {
      void fetch(address, {
        method: "POST",
        headers: { "X-CSRFToken": csrfToken(), "Content-Type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ theme: choice }),
      }).catch(() => undefined);
    }
  });
  mark();
}
