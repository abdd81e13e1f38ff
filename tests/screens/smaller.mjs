// Pictures of pages have few colours: with a palette of 64 they take a third of the space. What the style
// sheet names is always among them, so that no thin green line is drawn blue.

import { readFileSync } from "node:fs";
import { deflateSync, inflateSync } from "node:zlib";

const STYLE = readFileSync(new URL("../../web/screens.css", import.meta.url), "utf8");
const NAMED = [...new Set(STYLE.match(/#[0-9a-f]{6}/g))].map((colour) => parseInt(colour.slice(1), 16));

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);

function* chunks(png) {
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    yield [png.toString("latin1", at + 4, at + 8), png.subarray(at + 8, at + 8 + length)];
    at += length + 12;
  }
}

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function chunk(name, data) {
  const named = Buffer.concat([Buffer.from(name, "latin1"), data]);
  let crc = 0xffffffff;
  for (const byte of named) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  const whole = Buffer.alloc(named.length + 8);
  whole.writeUInt32BE(data.length, 0);
  named.copy(whole, 4);
  whole.writeUInt32BE((crc ^ 0xffffffff) >>> 0, named.length + 4);
  return whole;
}

/** The lines of a picture without their filters (PNG 1.2, section 6). */
function lines(raw, width, height, size) {
  const stride = width * size;
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (stride + 1)];
    for (let x = 0; x < stride; x += 1) {
      const here = y * stride + x;
      const left = x >= size ? out[here - size] : 0;
      const up = y > 0 ? out[here - stride] : 0;
      const corner = x >= size && y > 0 ? out[here - stride - size] : 0;
      let guess = 0;
      if (filter === 1) guess = left;
      else if (filter === 2) guess = up;
      else if (filter === 3) guess = (left + up) >> 1;
      else if (filter === 4) {
        const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
        guess = a <= b && a <= c ? left : b <= c ? up : corner;
      }
      out[here] = raw[y * (stride + 1) + 1 + x] + guess;
    }
  }
  return out;
}

/** Takes what the browser writes: 8 bits, RGB or RGBA, without interlacing. */
export function smaller(png) {
  const parts = [...chunks(png)];
  const header = parts.find(([name]) => name === "IHDR")[1];
  const [width, height, kind] = [header.readUInt32BE(0), header.readUInt32BE(4), header[9]];
  const size = kind === 6 ? 4 : kind === 2 ? 3 : 0;
  if (size === 0 || header[8] !== 8) return png;
  const packed = Buffer.concat(parts.filter(([name]) => name === "IDAT").map(([, data]) => data));
  const pixels = lines(inflateSync(packed), width, height, size);
  const colour = (at) => (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
  const counts = new Map();
  for (let at = 0; at < pixels.length; at += size) counts.set(colour(at), (counts.get(colour(at)) ?? 0) + 1);
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 64 - NAMED.length).map(([value]) => value);
  const palette = [...new Set([...frequent, ...NAMED])];
  const nearest = new Map(palette.map((value, index) => [value, index]));
  const index = (value) => {
    if (!nearest.has(value)) {
      const far = (other) => ((value >> 16) - (other >> 16)) ** 2 + (((value >> 8) & 255) - ((other >> 8) & 255)) ** 2 + ((value & 255) - (other & 255)) ** 2;
      nearest.set(value, palette.reduce((best, other, at) => (far(other) < far(palette[best]) ? at : best), 0));
    }
    return nearest.get(value);
  };
  const raw = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) raw[y * (width + 1) + 1 + x] = index(colour((y * width + x) * size));
  }
  const small = Buffer.from(header);
  small[9] = 3;
  const colours = Buffer.from(palette.flatMap((value) => [value >> 16, (value >> 8) & 255, value & 255]));
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", small),
    chunk("PLTE", colours),
    chunk("IDAT", deflateSync(raw, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
