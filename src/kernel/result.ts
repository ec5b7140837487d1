/** An expected answer that is either a value or a reason why there is none. */
export type Result<Value, Problem> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: Problem }

export const ok = <Value>(value: Value) => ({ ok: true, value }) as const
export const fail = <Problem>(problem: Problem) => ({ ok: false, problem }) as const
