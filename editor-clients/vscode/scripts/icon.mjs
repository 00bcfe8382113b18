// Draws resources/icon.png (128 x 128): three lines of code under a magnifying glass. Run: node scripts/icon.mjs
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";

const SIZE = 128;
const SAMPLES = 4;
const BACKGROUND = [0x1f, 0x2a, 0x44];
const LINE = [0x6c, 0x8e, 0xd9];
const LENS = [0xff, 0xc8, 0x57];

/** Distance from a point to a segment. */
function toSegment(x, y, [ax, ay], [bx, by]) {
  const share = Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)));
  return Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
}

/** Colour of a point; undefined outside of the rounded square. */
function colourAt(x, y) {
  const inset = 22;
  const corner = Math.hypot(Math.max(inset - x, x - SIZE + inset, 0), Math.max(inset - y, y - SIZE + inset, 0));
  if (corner > inset) {
    return undefined;
  }
  const toLens = Math.hypot(x - 74, y - 66);
  if (Math.abs(toLens - 25) < 4.5 || toSegment(x, y, [93, 85], [108, 100]) < 6) {
    return LENS;
  }
  const lines = [[[26, 36], [84, 36]], [[26, 56], [64, 56]], [[38, 76], [88, 76]], [[26, 96], [70, 96]]];
  return lines.some(([from, to]) => toSegment(x, y, from, to) < 4.5) && Math.abs(toLens - 25) > 8 ? LINE : BACKGROUND;
}

function pixel(column, row) {
  const sum = [0, 0, 0, 0];
  for (let i = 0; i < SAMPLES ** 2; i++) {
    const colour = colourAt(column + ((i % SAMPLES) + 0.5) / SAMPLES, row + (Math.floor(i / SAMPLES) + 0.5) / SAMPLES);
    if (colour !== undefined) {
      [...colour, 255].forEach((value, channel) => (sum[channel] += value));
    }
  }
  const covered = sum[3] / 255;
  return covered === 0 ? [0, 0, 0, 0] : [sum[0] / covered, sum[1] / covered, sum[2] / covered, sum[3] / SAMPLES ** 2].map(Math.round);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body) >>> 0, body.length + 4);
  return framed;
}

const header = Buffer.alloc(13);
header.writeUInt32BE(SIZE, 0);
header.writeUInt32BE(SIZE, 4);
header.set([8, 6, 0, 0, 0], 8);
const rows = Array.from({ length: SIZE }, (_, row) => [0, ...Array.from({ length: SIZE }, (_, column) => pixel(column, row)).flat()]);
writeFileSync(
  new URL("../resources/icon.png", import.meta.url),
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.from(rows.flat()), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]),
);
