import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createIntl } from "react-intl";
import { describe, expect, it } from "vitest";
import { type MessageId, en, parts } from "./en";
import { chooseLocale } from "./locale";

const SOURCE = join(import.meta.dirname, "..");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return path.startsWith(join(SOURCE, "messages", "en")) ? [] : sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes(".test.") ? [readFileSync(path, "utf8")] : [];
  });
}

const ALL = sources(SOURCE).join("\n");

/** Named in the source as it is, or through a template whose fixed beginning leads to it: text(`live.${live}`). */
function isUsed(id: string): boolean {
  if (ALL.includes(`"${id}"`)) return true;
  return id.split(".").some((_, at, words) => at > 0 && ALL.includes(`\`${words.slice(0, at).join(".")}.\${`));
}

describe("the catalogue", () => {
  const intl = createIntl({ locale: "en-GB", messages: en, onError: (error) => { throw error; } });

  it("has each message in one part only", () => {
    expect(parts.reduce((sum, part) => sum + Object.keys(part).length, 0)).toBe(Object.keys(en).length);
  });

  it("has no message that no page says", () => {
    expect(Object.keys(en).filter((id) => !isUsed(id))).toEqual([]);
  });

  it.each(Object.entries(en))("%s can be said", (id, message) => {
    const names = [...message.matchAll(/\{\s*(\w+)/g)].map(([, name]) => name ?? "");
    const values = Object.fromEntries(names.map((name) => [name, name === "count" || name === "seconds" ? 2 : "something"]));
    expect(intl.formatMessage({ id: id as MessageId }, values)).not.toMatch(/[{}]|^$/);
  });

  it("tells in every error what to do next", () => {
    const errors = Object.entries(en).filter(([id]) => id.startsWith("error."));
    const dead = errors.filter(([, message]) => message.split(/[.:;]\s|, and /).length < 2).map(([id]) => id);
    expect(dead).toEqual([]);
  });
});

describe("the locale", () => {
  it("is the first wanted one whose language we speak, in its own region", () => {
    expect(chooseLocale(["sv-SE", "en-us", "en-GB"])).toBe("en-US");
    expect(chooseLocale([null, "en_CA"])).toBe("en-CA");
  });

  it("is English with a 24-hour clock where we speak none, or where a tag is none", () => {
    expect(chooseLocale(["sv-SE", undefined, ""])).toBe("en-GB");
    expect(chooseLocale(["en-notaregionatall"])).toBe("en-GB");
  });
});
