// Unpacks the script of the page, and gives it what it needs to unpack the rest.

(async () => {
  const unpack = async (name) => {
    const element = document.getElementById(`part-${name}`);
    if (!element) return null;
    const packed = atob(element.textContent), bytes = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")));
  };
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("unable").hidden = false;
    return;
  }
  const script = document.createElement("script");
  script.textContent = await (await unpack("script")).text();
  document.addEventListener("unpacked", (event) => event.detail(unpack), { once: true });
  document.body.append(script);
})();
