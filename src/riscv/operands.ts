import { Op } from './op.ts';

/** Whether `rd` of `op` names an f register. For instructions without a destination the answer means nothing. */
export function writesFloatRegister(op: Op): boolean {
  if (op === Op.Flw || op === Op.Fld) return true;
  if (op < Op.FmaddS) return false;
  return !(
    (op >= Op.FeqS && op <= Op.FmvXW) ||
    (op >= Op.FcvtWS && op <= Op.FcvtLuS) ||
    (op >= Op.FeqD && op <= Op.FmvXD) ||
    (op >= Op.FcvtWD && op <= Op.FcvtLuD)
  );
}
