// Pages in states that the stories do not come to: what was typed is kept, somebody was faster, perhaps
// the same child, figures of another day, and an invented year behind them.

import { ANALYST, DUTY, HEAD, LEAD, MANAGER, sendRequest, until } from "./journeys.mjs";
import { need } from "./browser.mjs";

const queue = "/app/teams/carrick-team";

/** The cookie of the head teacher from a sign-in that has ended. */
async function ends(one) {
  const context = one.page.context();
  const value = need("RFA_TEST_SCREENS_ENDED").split("=")[1];
  const [pass] = await context.cookies();
  await context.addCookies([{ ...pass, value }]);
}

export const states = {
  async "perhaps the same child is told, and noted how they belong together"() {
    this.again = await sendRequest(this.head);
    const { duty, again } = this;
    await until(duty, again, "Perhaps the same child");
    await duty.check("26-perhaps-the-same-child");
    await duty.press("Claim this request");
    await duty.press(/^Note a request that belongs with this one.*[0-9A-Z]{8}/);
    await duty.check("27-how-they-belong-together");
    await duty.choose("How they belong together", "The same child");
    await duty.press("Note a request that belongs with this one");
    await until(duty, again, "Belongs together");
    await duty.check("28-belong-together");
  },

  async "whoever decides on what has changed meanwhile is told so, and loses nothing"() {
    const { again } = this;
    const other = await this.enter(DUTY);
    await this.duty.open(`${again}/moves/ask`);
    await this.duty.write("Question", "Invented: who takes them to school?");
    await other.open(`${again}/moves/tell-requester`);
    await other.choose("How", "Phone");
    await other.press("Tell the requester");
    await other.says("Done");
    await this.duty.press("Ask the requester a question");
    await this.duty.says("The request has changed since you opened it");
    await this.duty.check("60-changed-meanwhile");
    const kept = await this.duty.page.getByLabel("Question").inputValue();
    if (kept !== "Invented: who takes them to school?") throw new Error(`kept: ${kept}`);
  },

  async "a sign-in that ended leads back to what was typed"() {
    const { head, again } = this;
    await head.open(`${again}/moves/withdraw`);
    await head.write("Why", "Invented: an aunt helps.");
    await ends(head);
    await head.press("Withdraw the request");
    await head.says("You were signed out.");
    await head.check("61-signed-out");
    await head.press(HEAD);
    await head.says("We kept what you wrote here before");
    await head.check("62-kept-behind-the-sign-in");
  },

  async "figures are asked as they were known, and not before anything was"() {
    const { manager } = this;
    await manager.open(`/app/figures?as_known_on=${encodeURIComponent(new Date().toISOString())}`);
    await manager.says("This answer never changes");
    await manager.check("45-as-known-on");
    await manager.open("/app/figures?as_known_on=2020-01-01");
    await manager.check("46-before-anything-was-known");
  },

  async "a full queue and figures of an invented year"() {
    const lead = await this.enter(LEAD, { year: true });
    await until(lead, queue, "Claim");
    await lead.standsStill();
    await lead.check("70-queue-of-a-year");
    const held = lead.page.locator("tr", { hasText: "named worker" }).first();
    await held.locator("a[href^='/app/requests/']").click();
    await lead.says("is the named worker");
    await lead.check("71-request-of-a-year");
    const manager = await this.enter(MANAGER, { year: true });
    await until(manager, "/app/figures", "A person has seen the request");
    await manager.check("72-figures-of-a-year");
    await manager.page.locator("td.number a").first().click();
    await manager.says("the longest first");
    await manager.says("1 to 100");
    await manager.check("73-figure-of-a-year-opened");
    await manager.press("The next ones (101 are left)");
    await manager.says("101 to 200");
    await manager.press("The next ones (1 is left)");
    await manager.says("201 to 201");
    await manager.press("From the first one on");
    await manager.says("1 to 100");
    await manager.open("/app/concerns");
    await manager.check("74-concerns-of-a-year");
  },

  async "figures that leave the view of those with a duty hide what is small"() {
    const analyst = await this.enter(ANALYST, { year: true });
    await until(analyst, "/app/figures", "A person has seen the request");
    await analyst.says("small numbers are hidden");
    await analyst.check("75-figures-without-small-numbers");
    const early = await this.enter(ANALYST);
    await early.open("/app/figures");
    await early.says("Nothing had begun by then");
    await early.check("47-no-whole-month-yet");
  },

  async "a queue shows what is new without reloading"() {
    const { duty, head } = this;
    await duty.open(queue);
    await duty.page.evaluate(() => { window.here = true; });
    const rows = duty.page.locator("#queue tbody tr");
    const before = await rows.count();
    await sendRequest(head, { child: "Kim" });
    await rows.nth(before).waitFor();
    if (!(await duty.page.evaluate(() => window.here))) throw new Error("the page was loaded anew");
  },
};
