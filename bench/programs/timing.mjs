// What a program that ends by itself tells: how often it did its work, in what time, with how much of its core.

// Time since it was made: that of the clock, and what this process had of its core.
export class Watch {
  #used = process.cpuUsage();
  #begun = performance.now();

  get seconds() {
    return (performance.now() - this.#begun) / 1000;
  }

  tell(count) {
    const { user, system } = process.cpuUsage(this.#used);
    console.log(JSON.stringify({ count, seconds: this.seconds, cpu: (user + system) / 1e6 }));
  }
}

// `while (timing.goesOn()) ...` warms up for half of the seconds, then begins to count anew, for all of them.
export class Timing {
  #seconds;
  #warmingUp = true;
  #watch = new Watch();
  count = 0;

  constructor(seconds) {
    this.#seconds = seconds;
  }

  goesOn() {
    if (this.#warmingUp && this.#watch.seconds >= this.#seconds / 2) {
      this.#warmingUp = false;
      this.count = 0;
      this.#watch = new Watch();
    }
    return this.#warmingUp || this.#watch.seconds < this.#seconds;
  }

  tell() {
    this.#watch.tell(this.count);
  }
}
