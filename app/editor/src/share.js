// The state of an editor in the fragment of an address, which browsers send to nobody.

// What a link may hold when it is unpacked: few letters can be many bytes.
const MOST_BYTES = 8 * 1024 * 1024;

const through = (bytes, stream) => new Blob([bytes]).stream().pipeThrough(stream);

// Letters, digits, `-` and `_`.
export async function pack(text) {
  const bytes = new Uint8Array(await new Response(through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'))).arrayBuffer());
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

// The text of a link; throws on what is none.
export async function unpack(packed) {
  const binary = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  const reader = through(bytes, new DecompressionStream('deflate-raw')).getReader();
  const pieces = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MOST_BYTES) {
      await reader.cancel();
      throw new Error('the link holds too much');
    }
    pieces.push(value);
  }
  return new Blob(pieces).text();
}
