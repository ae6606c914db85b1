// The outcome of every target and detection at the current stops, looked up in the data.
"use strict";

const outcomes = (() => {
  const NEVER = -1;
  const { data, stops } = report;

  /** The detection of a target at the current stop of a model; NEVER if it is missed. */
  function partner(model, frame, target) {
    let found = NEVER;
    for (const [start, detection] of data.models[model].found[frame][1][target]) {
      if (start > stops[model]) break;
      found = detection;
    }
    return found;
  }

  /** The targets and the detections that count in a frame, each with its outcome. */
  function ofFrame(model, frame) {
    const [detections] = data.models[model].found[frame];
    const used = new Set();
    const found = data.frames[frame].targets.map((values, target) => {
      const [x, y, size, snr, contrast] = values;
      const detection = partner(model, frame, target);
      const one = { frame, target, x, y, size, snr, contrast, kind: "miss" };
      if (detection === NEVER) return one;
      used.add(detection);
      const [dx, dy, score] = detections[detection];
      const error = Math.hypot(dx - x, dy - y);
      return { ...one, kind: "hit", detection, score, error, at: [dx, dy] };
    });
    detections.forEach(([x, y, score, first], detection) => {
      if (first > stops[model] || used.has(detection)) return;
      found.push({ frame, detection, x, y, score, kind: "false", at: [x, y] });
    });
    return found;
  }

  /** Detections of a frame that do not count at the current stop. */
  function weak(model, frame) {
    return data.models[model].found[frame][0].filter(([, , , first]) => first > stops[model]);
  }

  /** Whether two models differ on a target: one finds it, another does not. */
  function differs(frame, target) {
    const found = data.models.map((_, model) => partner(model, frame, target) !== NEVER);
    return found.some((one) => one !== found[0]);
  }

  return { NEVER, partner, ofFrame, weak, differs };
})();
