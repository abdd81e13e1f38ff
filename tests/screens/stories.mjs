// What the three groups do, from the first question to the end of the help. All names and words are
// invented.

import { DUTY, HEAD, LEAD, MANAGER, SOCIAL_WORK, byKeyboard, race, sendRequest, until, views } from "./journeys.mjs";

const queue = "/app/teams/carrick-team";

/** In their order: each begins where the one before it ended. Every way of looking goes through all of them. */
export const story = {
  async "a request is sent in under ten pages, and once"() {
    const stranger = await this.enter(HEAD);
    await stranger.open("/app/sign-in");
    await stranger.check("01-choose-a-person");
    await stranger.open("/app/mine");
    await stranger.check("02-nothing-sent-yet");
    await stranger.open("/app/danger");
    await stranger.check("03-ring-now");
    await stranger.open("/app/accessibility");
    await stranger.check("04-accessibility");
    await stranger.open("/app/nothing-here");
    await stranger.check("05-nothing-here");
    this.request = await sendRequest(stranger, { look: true });
    await until(stranger, "/app/mine", "Where it is");
    await stranger.check("20-my-requests");
    this.head = stranger;
  },

  async "two workers race for the claim and one is told who won"() {
    this.duty = await this.enter(DUTY);
    this.lead = await this.enter(LEAD);
    await until(this.duty, queue, "Claim");
    await this.duty.standsStill();
    await this.duty.check("21-queue");
    [this.winner, this.loser] = await race(this.duty, this.lead, this.request);
    await this.winner.press(/Why then.*The team has decided/);
    await this.winner.check("25-day-strip");
  },

  async "a question is asked and answered, help agreed, a worker named, and the help ends"() {
    const { winner, head, request } = this;
    await winner.open(request);
    await winner.says("A person in the team has opened the request");
    await winner.press("Ask the requester a question");
    await winner.check("30-ask");
    await winner.write("Question", "Invented: which days are hardest?");
    await winner.press("Ask the requester a question");
    await winner.says("Done: Ask the requester a question");
    await until(head, "/app/mine", "The team waits for your answer");
    await head.check("31-a-question-for-me");
    await head.press(/^Answer the question/);
    await head.says("Invented: which days are hardest?");
    await head.check("32-answer");
    await head.press("Answer the question");
    await head.says("Enter your answer");
    await head.check("32-answer-with-an-error");
    const form = head.page.url();
    await head.open(form);
    await head.write("Answer", "Invented: Mondays.");
    // A double click sends once.
    await head.page.getByRole("button", { name: "Answer the question" }).last().dblclick();
    await head.page.getByText("Done: Answer the question").waitFor();
    await head.page.waitForLoadState();
    // Back: the question is not asked again, and nothing is sent twice.
    await head.page.goBack();
    await head.open(form);
    await head.says("This is not possible now");
    await winner.open(request);
    const answers = await winner.page.getByText("Invented: Mondays.").count();
    if (answers !== 1) throw new Error(`answered ${answers} times`);
    await winner.press("Agree to help");
    await winner.press("Agree to help");
    await winner.says("There is a problem");
    await winner.check("33-agree-with-errors");
    await agrees(winner);
    await winner.press("Name the worker");
    await winner.choose("Named worker", DUTY);
    await winner.press("Name the worker");
    await winner.says("We know who will help");
    await until(head, "/app/mine", "Read the decision");
    await head.check("36-decided-and-not-read");
    await head.press(/^Read the decision/);
    await head.says("What was decided");
    await head.check("36-the-decision");
    await until(head, "/app/mine", "Tell the team whether help arrived");
    await head.press(/^Tell the team whether help arrived/);
    await head.press("Say whether help arrived");
    await head.says("Choose whether help arrived");
    await head.check("37-did-help-arrive");
    await head.choose("Did help arrive?", "Not yet");
    await head.write("In your own words", "Invented: nobody has rung us yet.");
    await head.press("Say whether help arrived");
    await head.says("Done: Say whether help arrived");
    await until(head, "/app/mine", "you said on");
    await head.check("38-help-has-not-come");
    await this.duty.open(request);
    await this.duty.says("Not yet");
    await this.duty.says("Invented: nobody has rung us yet.");
    await this.duty.check("34-named-worker");
    await this.lead.open(request);
    await this.lead.press("Who has opened this request");
    await this.lead.says("What was written about the child and the family");
    await this.lead.check("39-who-has-opened");
    await this.duty.press("End");
    await this.duty.check("35-end");
    await this.duty.choose("Reason", "Needs met otherwise");
    await finish(this.duty);
    await this.duty.says("The help has come to its end");
    await this.duty.check("36-ended");
  },

  async "the manager's figures move without reloading"() {
    const manager = await this.enter(MANAGER);
    await until(manager, "/app/figures", "A person has seen the request");
    await manager.check("40-figures");
    await manager.page.evaluate(() => { window.here = true; });
    const before = await begun(manager);
    this.second = await sendRequest(this.head, { child: "Alex" });
    for (let tries = 0; (await begun(manager)) <= before; tries += 1) {
      if (tries > 100) throw new Error(`still ${before} requests`);
      await new Promise((resolve) => setTimeout(resolve, 200));
      // Without scripts whoever wants to know more looks again.
      if (!manager.scripts) await manager.open("/app/figures");
    }
    const stayed = await manager.page.evaluate(() => window.here === true);
    if (stayed !== manager.scripts) throw new Error("the page was loaded anew");
    await manager.page.locator("tr", { hasText: "A person has seen the request" }).locator("td.number a").first().click();
    await manager.check("41-figure-opened");
    await until(manager, "/app/figures", "help has not come yet");
    await manager.page.locator(".cards a[href^='/app/figures/not-arrived']").click();
    await manager.says(this.round === 1 ? "1 request" : `${this.round} requests`);
    await manager.check("43-help-has-not-come");
    await until(manager, "/app/figures", "Who holds how much");
    await manager.page.locator("a[href^='/app/figures/caseload']").first().click();
    await manager.says("the longest wait first");
    await manager.check("44-caseload-opened");
    await manager.open(`/app/figures?as_known_on=${new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)}`);
    await manager.check("42-a-day-to-come");
    this.manager = manager;
  },

  async "a claim is made with the keyboard alone"() {
    await until(this.duty, queue, "Claim");
    await byKeyboard(this.duty, "Claim");
    await this.duty.says("You have claimed this request");
  },

  async "at ten past four on a Friday a concern shows the numbers of out of hours, and stays red until somebody answered"() {
    const { duty, second, manager, head } = this;
    // The office of this walk closed ten minutes ago.
    await head.open("/app/danger");
    await closed(head);
    await duty.open(second);
    await duty.press("Pass on a child protection concern");
    await duty.says("Ring first, now");
    await closed(duty);
    await duty.check("50-concern");
    await duty.choose("What is the risk", "Neglect");
    await duty.choose("Number that was rung", "Social work out of hours");
    await duty.write("The concern in brief", "Invented: bruises on both arms.");
    await duty.press("Pass on a child protection concern");
    await duty.says("nobody has answered yet");
    await duty.check("51-concern-passed-on");
    await red(duty);
    await until(manager, "/app/concerns", "1 concern waits for an answer");
    await manager.check("52-concerns-of-the-manager");
    const answers = await this.enter(SOCIAL_WORK);
    await until(answers, "/app/concerns", "waiting for");
    await answers.check("53-concerns-to-answer");
    await answers.press(/^Request [0-9A-Z]{8}/);
    await answers.press("Write down who answered");
    await answers.check("54-answered-by");
    // Still red while somebody writes down the answer.
    await duty.open(second);
    await red(duty);
    await answerNow(answers);
    await duty.open(second);
    if ((await duty.text()).includes("nobody has answered yet")) throw new Error("it is still red");
    await until(manager, "/app/concerns", "Every concern has been answered");
  },
};

/** How many spells of a clock the figures count. */
async function begun(manager) {
  const row = manager.page.locator("tr", { hasText: "A person has seen the request" });
  return parseInt(await row.locator("td.number").first().innerText(), 10);
}

/** The form of the decision, with the least that is needed. */
async function agrees(worker) {
  await worker.page.getByLabel("Family support", { exact: true }).first().check({ force: true });
  await worker.write("Reason", "Invented: mornings with somebody at the door.");
  await worker.choose("Has the requester been told", "Yes");
  await views(worker);
  await worker.press("Agree to help");
  await worker.says("Help agreed");
}

/** What is to be rung when the office is closed, and not what is to be rung when it is open. */
async function closed(one) {
  await one.says("999");
  await one.says("0800 328 7758");
  if ((await one.text()).includes("01292 288645")) throw new Error("nobody is in the office at this hour");
}

async function red(one) {
  const card = one.page.locator(".card.red", { hasText: "nobody has answered yet" });
  const colour = await card.evaluate((card) => getComputedStyle(card).borderLeftColor);
  if (colour !== "rgb(176, 0, 32)") throw new Error(`not red: ${colour}`);
}

/** What every ending asks. */
async function finish(worker) {
  await worker.choose("Which hope", "Invented: in class most mornings.");
  await worker.choose("Outcome", "Partly");
  await worker.choose("Why wellbeing was not rated", "Help never started");
  await worker.choose("Why there are no words of theirs", "Help never started");
  await worker.choose("Did you get the help you needed", "Partly");
  await worker.press("End");
}

async function answerNow(one) {
  const now = new Date(Date.now() - 60_000);
  const local = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone: "Europe/London" }).format(now).replace(" ", "T");
  await one.write("When somebody answered", local);
  await one.write("Who answered", "Invented: duty social worker");
  await one.choose("Result", "Not child protection");
  await one.press("Write down who answered");
  // It is with others now.
  await one.says("It is written down");
  await one.check("55-done");
}
