// Computes sums beside the page, so that it stays quick under the fingers.
import { digest } from "./digest.js";

addEventListener("message", async ({ data: { id, file } }) => {
  try {
    postMessage({ id, sum: await digest(file) });
  } catch (error) {
    postMessage({ id, failed: error.name });
  }
});
