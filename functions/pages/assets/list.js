// The lists of "my account": what there is, and what can be done with each.

import { fill, onPress, toHeading } from "./form.js";
import { words } from "./api.js";

function element(name, text = "", more = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  return Object.assign(made, more);
}

const time = (at) => new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });

/**
 * @param {Element} list
 * @param {{title: string, about: string[], madeAt?: string, usedAt?: string, acts: [string, () => Promise<void>][]}[]} entries
 */
export function fillList(list, entries) {
  const rows = entries.map(({ title, about, madeAt, usedAt, acts }) => {
    const text = element("div");
    const made = madeAt && fill(words.made, time(madeAt));
    const used = usedAt && fill(words.last_used, time(usedAt));
    const details = [...about, made, used].filter(Boolean);
    text.append(element("strong", title), element("span", details.join(" · ")));
    const row = element("li");
    row.append(text);
    for (const [label, act] of acts) {
      const button = element("button", label, { type: "button", className: "quiet" });
      button.ariaLabel = `${label}: ${title}`;
      onPress(button, act);
      row.append(button);
    }
    return row;
  });
  const within = list.contains(document.activeElement);
  list.replaceChildren(...(rows.length > 0 ? rows : [element("li", words.none)]));
  if (within) toHeading(list);
}

/** A browser and a system in words. */
export const device = (entry) =>
  entry.name ?? (entry.device ? `${entry.device.browser}, ${entry.device.system}` : words.unknown_device);
