// What people of each group do, step by step. All names and words are invented.

export const HEAD = "Head teacher of an invented primary in Girvan";
export const DUTY = "Duty worker in Carrick";
export const LEAD = "Team leader in Carrick";
export const MANAGER = "Service manager";
export const ANALYST = "Analyst of the partnership";
export const SOCIAL_WORK = "Initial response team";

const fail = (words) => {
  throw new Error(words);
};

/** From the question about risk to the receipt; gives the address of the request. */
export async function sendRequest(head, { look = false, child = "Robin" } = {}) {
  const { page } = head;
  const check = async (name) => (look ? head.check(name) : undefined);
  let pages = 0;
  const on = async () => {
    pages += 1;
    await head.press("Save and go on");
  };
  await head.open("/app/new");
  await check("10-risk");
  pages += 1;
  await page.getByLabel("No", { exact: true }).check({ force: true });
  await head.press("Go on");
  await head.write("What is going well", "Invented: enjoys art, has good friends.");
  await check("11-strengths");
  await on();
  if (look) {
    await head.press("Save and go on");
    await head.says("There is a problem");
    await head.check("12-worries-with-errors");
  }
  await head.write("What are you worried about", "Invented: often absent since the spring. <script>alert(1)</script>");
  await head.write("What has been tried", "Invented: breakfast club, a talk with the parents.");
  await on();
  await head.write("First name", child);
  await head.write("Family name", "Example (invented)");
  await head.write("Date of birth", "2018-05-14");
  await head.write("Postcode", "ZA4 1AA");
  await page.getByLabel("Nursery or school", { exact: false }).selectOption({ label: "Example Primary in Girvan (invented)" });
  await check("13-child");
  await on();
  await page.getByLabel("Attendance at school", { exact: true }).first().check({ force: true });
  await page.getByLabel("What should be different").first().fill("Invented: in class most mornings.");
  await head.press(/^Add another .*What is hoped for/);
  await page.getByLabel("What should be different").nth(1).fill("Invented: sleeps through the night.");
  await head.choose("How soon is help needed", "Soon");
  await check("14-help");
  await on();
  const views = async (group, how, words) => {
    const set = page.getByRole("group", { name: group, exact: true });
    await set.getByLabel(how, { exact: true }).check({ force: true });
    await set.getByLabel("In their own words").fill(words);
  };
  await views("The child or young person", "Drew", "Invented: mornings are hard.");
  await views("A parent or carer", "Said", "Invented: we would like help.");
  await check("15-views");
  await on();
  await head.choose("The family has been told", "Yes");
  await head.choose("Why it may be shared", "Public task");
  await head.choose("The family wants help", "Yes");
  await check("16-sharing");
  await on();
  await head.choose("You ask as", "Named person");
  await page.getByLabel("Your role").selectOption({ label: "Head of a primary school" });
  await check("17-you");
  await on();
  pages += 1;
  await head.says(child);
  await head.says("<script>alert(1)</script>");
  await check("18-check");
  if (pages >= 10) fail(`${pages} pages`);
  // A double click sends once.
  await page.getByRole("button", { name: "Send the request" }).dblclick();
  await page.getByRole("heading", { name: "The request was sent" }).waitFor();
  await page.waitForLoadState();
  await check("19-receipt");
  const id = page.url().split("/").pop();
  // Back, and once more: it stays one.
  await page.goBack();
  await page.goto(`/app/sent/${id}`);
  return `/app/requests/${id}`;
}

/** Until the page says something; the read tables follow within moments. */
export async function until(one, path, words) {
  for (let tries = 0; tries < 120; tries += 1) {
    await one.open(path);
    if ((await one.text()).includes(words)) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  fail(`“${words}” does not come on ${path}:\n${await one.text()}`);
}

/** Both press at the same moment; gives the winner and the other. */
export async function race(duty, lead, request) {
  await duty.open(request);
  await lead.open(request);
  await duty.check("22-request-unclaimed");
  await Promise.all([duty, lead].map((one) => one.press("Claim this request")));
  const texts = await Promise.all([duty.text(), lead.text()]);
  const lost = texts.map((text) => text.includes("Somebody was faster"));
  if (lost[0] === lost[1]) fail(`one wins and one is told so:\n${texts.join("\n---\n")}`);
  const [winner, loser] = lost[0] ? [lead, duty] : [duty, lead];
  await loser.says(winner === lead ? LEAD : DUTY);
  await loser.check("23-somebody-was-faster");
  await winner.says("You have claimed this request");
  await winner.says("Robin");
  await winner.check("24-request-claimed");
  return [winner, loser];
}

/** How something looks, with and without the keyboard on it. */
const looks = (element) => {
  const style = getComputedStyle(element);
  return [style.outline, style.boxShadow, style.backgroundColor, style.color, style.borderColor].join(" ");
};

/** With the keyboard alone: to a button of the page, and pressed. */
export async function byKeyboard(one, words) {
  const { page } = one;
  const target = page.locator("button, a", { hasText: new RegExp(`^\\s*${words}`) }).first();
  const before = await target.evaluate(looks);
  for (let tabs = 0; tabs < 80; tabs += 1) {
    await page.keyboard.press("Tab");
    if (!(await target.evaluate((element) => element === document.activeElement))) continue;
    // A colour may take a moment to change.
    for (let tries = 0; (await target.evaluate(looks)) === before; tries += 1) {
      if (tries > 20) fail(`where the keyboard is cannot be seen: ${words}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const from = page.url();
    await Promise.all([page.waitForURL((url) => url.href !== from), page.keyboard.press("Enter")]);
    return;
  }
  fail(`no key leads to “${words}” on ${page.url()}`);
}

export async function views(one) {
  for (const group of ["The child or young person", "A parent or carer"]) {
    const set = one.page.getByRole("group", { name: group, exact: true });
    await set.getByLabel("Said", { exact: true }).check({ force: true });
    await set.getByLabel("In their own words").fill("Invented: that would help.");
  }
}
