// A browser, and what is asked of every page that it shows: no violation of WCAG 2.2 AA, valid HTML,
// nothing that the policy of the page forbids, and no reading sideways at 320 pixels.

import { createRequire } from "node:module";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { smaller } from "./smaller.mjs";

export const need = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run make test`);
  return value;
};

const require = createRequire(join(need("RFA_TEST_SCREENS_NODE_MODULES"), "x.js"));
const { chromium } = require("playwright-core");
const { HtmlValidate } = require("html-validate");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Of a picture; what stands below looks like what stands above. */
const TALLEST = 2400;
export const NARROW = { width: 320, height: 640 };
const FLAGS = [
  "--no-sandbox",
  "--lang=en-GB",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Its own shared memory is small where it runs in a container.
  "--disable-dev-shm-usage",
];

const validator = new HtmlValidate({
  extends: ["html-validate:recommended"],
  rules: {
    // A matter of taste: what the library for HTML writes.
    "void-style": "off",
    "attribute-boolean-style": "off",
    "attribute-empty-style": "off",
    "no-trailing-whitespace": "off",
    "long-title": "off",
    // The library's own attributes.
    "no-unknown-attributes": "off",
    // Several answers to one question have one name.
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "submit"] }],
    // A phone number in an invented sentence is no link.
    "tel-non-breaking": "off",
  },
});

export async function launch() {
  return chromium.launch({ executablePath: need("RFA_TEST_CHROMIUM"), headless: true, args: FLAGS });
}

/** Somebody with a browser of their own. */
export class Person {
  /**
   * `way`: with or without `scripts`, at which `size`, into which folder `pictures` go, if any, and
   * whether it is somebody with an invented `year` behind them.
   */
  static async enter(browser, base, person, way = {}) {
    const { scripts = true, size = DESKTOP, year = false } = way;
    const context = await browser.newContext({
      javaScriptEnabled: scripts,
      viewport: size,
      baseURL: base,
      locale: "en-GB",
      timezoneId: "Europe/London",
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const one = new Person(page, { ...way, scripts, size });
    await one.signIn(person, year);
    return one;
  }

  constructor(page, { scripts, size, pictures = null }) {
    this.page = page;
    this.scripts = scripts;
    this.size = size;
    this.pictures = pictures;
    this.forbidden = [];
    this.document = null;
    page.on("console", (message) => {
      // A refused form is told by its status; the browser says so, too.
      if (message.type() === "error" && !/status of (4\d\d)/.test(message.text())) this.forbidden.push(message.text());
    });
    page.on("pageerror", (error) => this.forbidden.push(String(error)));
    page.on("response", (response) => {
      const request = response.request();
      if (request.isNavigationRequest() && response.frame() === page.mainFrame()) this.document = response;
    });
  }

  async signIn(person, year) {
    await this.page.goto("/app/sign-in");
    await this.press(year ? `${person} (invented year)` : person);
  }

  async open(path) {
    await this.page.goto(path);
  }

  /** Presses a button by its words, or follows a link. */
  async press(words) {
    const named = { name: words, exact: typeof words === "string" };
    const button = this.page.getByRole("button", named).or(this.page.getByRole("link", named));
    await button.first().click();
    await this.page.waitForLoadState("domcontentloaded");
  }

  async write(label, text) {
    await this.page.getByLabel(label, { exact: false }).first().fill(text);
  }

  async choose(group, answer) {
    const set = this.page.getByRole("group", { name: group }).last();
    // The label lies over its box, for people with large fingers.
    await set.getByLabel(answer, { exact: true }).check({ force: true });
  }

  async text() {
    return this.page.locator("main").innerText();
  }

  async says(words) {
    const text = await this.text();
    if (!text.includes(words)) throw new Error(`no “${words}” on ${this.page.url()}:\n${text}`);
  }

  /** Nothing moves about while the page comes to be; without scripts nobody could say. */
  async standsStill() {
    if (!this.scripts) return;
    const moved = await this.page.evaluate(
      () =>
        new Promise((done) => {
          let sum = 0;
          const add = (list) => {
            for (const shift of list.getEntries()) sum += shift.hadRecentInput ? 0 : shift.value;
          };
          new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
          setTimeout(() => done(sum), 500);
        }),
    );
    if (moved > 0) throw new Error(`${this.page.url()}: the layout shifted by ${moved}`);
  }

  /** Everything that is asked of a page; `name` is also that of its picture. */
  async check(name) {
    const { page } = this;
    const problems = [];
    const html = await this.document.text();
    const report = await validator.validateString(html);
    for (const result of report.results) {
      for (const message of result.messages) problems.push(`html: ${message.ruleId}: ${message.message} (line ${message.line}:${message.column})`);
    }
    // Every error in the summary leads to its question, and stands beside it in the same words.
    problems.push(...(await this.errors()));
    if (this.scripts) {
      await page.evaluate(`${axe}; true`);
      const found = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values } }), STANDARDS);
      for (const one of found.violations) {
        for (const node of one.nodes) problems.push(`axe: ${one.id}: ${one.help}: ${node.html}`);
      }
    }
    problems.push(...(await this.sideways()));
    problems.push(...this.forbidden.map((text) => `console: ${text}`));
    this.forbidden = [];
    if (problems.length > 0) throw new Error(`${name} (${page.url()}):\n${problems.join("\n")}`);
    await this.picture(name);
  }

  /** What a reader at 320 pixels would have to look for at the side. */
  async sideways() {
    const { page } = this;
    await page.setViewportSize(NARROW);
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
    const culprits = await page.evaluate(() =>
      [...document.querySelectorAll("main *")]
        .filter((one) => one.getBoundingClientRect().right > 321 && !one.closest(".scroll, svg"))
        .slice(0, 4)
        .map((one) => one.outerHTML.slice(0, 120)),
    );
    await page.setViewportSize(this.size);
    return wide > NARROW.width ? [`${wide} pixels wide at ${NARROW.width}: ${culprits.join(" | ")}`] : [];
  }

  async errors() {
    const links = await this.page.locator(".ds_error-summary a[href^='#']").all();
    const problems = [];
    for (const link of links) {
      const [words, target] = [await link.innerText(), (await link.getAttribute("href")).slice(1)];
      const question = this.page.locator(`#${target}`);
      if ((await question.count()) !== 1) problems.push(`“${words}” leads to no question: #${target}`);
      const beside = this.page.locator(`#${target}-error`);
      const told = (await beside.count()) === 1 ? (await beside.innerText()).trim() : "nothing";
      if (!told.endsWith(words)) problems.push(`“${words}” is not told beside #${target}: ${told}`);
    }
    const lines = await this.page.locator(".ds_error-summary li").count();
    const leading = await this.page.locator(".ds_error-summary li a[href*='#']").count();
    if (lines > leading) problems.push(`${lines - leading} lines of the summary lead nowhere`);
    const summaries = await this.page.locator(".ds_error-summary").count();
    const told = await this.page.locator(".ds_question__error-message").count();
    if (summaries > 0 && told > links.length) problems.push(`${told} errors, ${links.length} in the summary`);
    return problems;
  }

  async picture(name) {
    if (!this.pictures) return;
    mkdirSync(this.pictures, { recursive: true });
    for (const [width, size] of [["desktop", DESKTOP], ["phone", PHONE]]) {
      await this.page.setViewportSize(size);
      const tall = await this.page.evaluate(() => document.documentElement.scrollHeight);
      const clip = { x: 0, y: 0, width: size.width, height: Math.min(tall, TALLEST) };
      const png = await this.page.screenshot({ fullPage: true, clip });
      writeFileSync(join(this.pictures, `${name}-${width}.png`), smaller(png));
    }
    await this.page.setViewportSize(this.size);
  }
}
