/** Bytes as text, a character each; what browsers call latin1 has other characters from 0x80 to 0x9f. */
export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}
