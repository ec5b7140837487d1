import type { Brand } from './brand.ts'

export type Milliseconds = Brand<number, 'ms'>
export type Seconds = Brand<number, 's'>
/** 0 to 100. */
export type Percent = Brand<number, 'percent'>
/** UTC, milliseconds since 1970. */
export type EpochMs = Brand<number, 'epoch-ms'>

export const ms = (value: number) => value as Milliseconds
export const seconds = (value: number) => value as Seconds
export const percent = (value: number) => value as Percent
export const epochMs = (value: number) => value as EpochMs

export const msOf = (duration: Seconds) => ms(duration * 1000)
export const later = (instant: EpochMs, by: Milliseconds) => epochMs(instant + by)
export const since = (earlier: EpochMs, now: EpochMs) => ms(now - earlier)
