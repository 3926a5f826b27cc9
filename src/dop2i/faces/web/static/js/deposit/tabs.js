// One tab at a time sends into a draft (Web Locks, where the page is secure): a second one waits its turn. Without locks
// two tabs get along as well, only slower: the server refuses what is there already, and that is compared.

export function onlyTab(name, waiting, begun) {
  let free = null;
  const take = (options) => new Promise((resolve, reject) => {
    navigator.locks.request(name, options, (lock) => {
      if (!lock) { resolve(false); return null; }
      resolve(true);
      return new Promise((end) => { free = end; });
    }).catch(reject);
  });
  return {
    // Resolves when this tab may send.
    async mine() {
      if (!navigator.locks || free) return;
      if (await take({ ifAvailable: true })) return;
      waiting();
      await take({});
      begun();
    },
    free() {
      free?.();
      free = null;
    },
  };
}
