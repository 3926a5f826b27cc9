// Sums of files, computed by two workers: one for small files, one for large ones, each a few at a time.
const LARGE = 16 << 20;

export class Unreadable extends Error {}

class Lane {
  constructor(atOnce) {
    this.atOnce = atOnce;
    this.waiting = [];
    this.going = new Map();
    this.next = 1;
  }

  sum(file) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ file, resolve, reject });
      this.pump();
    });
  }

  pump() {
    while (this.waiting.length && this.going.size < this.atOnce) {
      const job = this.waiting.shift();
      const id = this.next++;
      this.going.set(id, job);
      this.start(id, job.file);
    }
  }

  start(id, file) {
    try {
      this.worker ??= this.begin();
      this.worker.postMessage({ id, file });
    } catch (error) {
      this.answer({ id, failed: error.name });
    }
  }

  begin() {
    const worker = new Worker(new URL("./hashing-worker.js", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }) => this.answer(data));
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      for (const id of [...this.going.keys()]) this.answer({ id, failed: "WorkerError" });
    });
    return worker;
  }

  answer({ id, sum, failed }) {
    const job = this.going.get(id);
    this.going.delete(id);
    if (sum) job?.resolve(sum);
    else job?.reject(new Unreadable(failed));
    this.pump();
  }
}

const small = new Lane(6);
const large = new Lane(1);

// Raises Unreadable where the file is gone or was changed since it was chosen.
export function sumOf(file) {
  return (file.size > LARGE ? large : small).sum(file);
}
