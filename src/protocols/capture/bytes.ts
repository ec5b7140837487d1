/** Numbers in network byte order; 0 past the end, so callers check lengths first. */
export const u8 = (bytes: Uint8Array, at: number) => bytes[at] ?? 0
export const u16 = (bytes: Uint8Array, at: number) => u8(bytes, at) * 256 + u8(bytes, at + 1)
export const u32 = (bytes: Uint8Array, at: number) => u16(bytes, at) * 65_536 + u16(bytes, at + 2)
