// The three groups in a real browser, against a server with its Postgres and RabbitMQ:
//   node tests/screens/walk.mjs http://127.0.0.1:PORT [FOLDER FOR PICTURES]
// Every way of looking goes through the whole story; pictures are taken of the first one.

import { NARROW, Person, launch } from "./browser.mjs";
import { states } from "./states.mjs";
import { story } from "./stories.mjs";

const [base, pictures = null] = process.argv.slice(2);
if (!base) throw new Error("which server? walk.mjs URL [FOLDER]");

const ways = [
  { title: "with scripts", way: { pictures }, walks: { ...story, ...states } },
  { title: "without scripts", way: { scripts: false }, walks: story },
  { title: "at 320 pixels", way: { size: NARROW }, walks: story },
];

const browser = await launch();
try {
  for (const [index, { title, way, walks }] of ways.entries()) {
    const enter = (person, more = {}) => Person.enter(browser, base, person, { ...way, ...more });
    const told = { enter, round: index + 1 };
    for (const [name, walk] of Object.entries(walks)) {
      const started = Date.now();
      await walk.call(told);
      console.log(`walked ${title}: ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
    }
  }
} finally {
  await browser.close();
}
