// Answers from what the offline page has kept, when the network does not. Everything else passes through.

const CACHE = "offline-verification";
const PAGE = new URL("/certificates/offline", self.location).href;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET") event.respondWith(answer(event.request));
});

async function answer(request) {
  try {
    return await fetch(request);
  } catch (error) {
    const cache = await caches.open(CACHE);
    const kept = await cache.match(request.mode === "navigate" ? PAGE : request.url);
    if (kept) return kept;
    throw error;
  }
}
