import { Document, isNode } from "yaml";
import type { Target } from "../contract/target.ts";
import type { Caller, Configuration, Listen } from "./configuration.ts";
import { describeTarget, escapeValues } from "./describe-target.ts";
import { maskedSecret } from "./key-problem.ts";
import { limitKey, limitNames } from "./limit-range.ts";
import { formatDuration } from "./quantities.ts";
import { escapeReferences } from "./references.ts";
import { resilienceKey, resilienceNames } from "./resilience-range.ts";

/**
 * Writes everything in force, defaults included, as a file: it loads again once its secrets, which
 * are shown as `***`, are filled in. Disabled targets have the reason in a comment, and notes come
 * first.
 */
export function describeConfiguration(configuration: Configuration): string {
  const { disabled, notes } = configuration;
  const inFile = disabled.flatMap(({ target, why }) => (target ? [{ target, why }] : []));
  const outside = disabled.filter(({ target }) => target === undefined);
  const document = new Document(
    describe(
      configuration,
      inFile.map(({ target }) => target),
    ),
  );
  for (const [index, { why }] of inFile.entries()) {
    const node = document.getIn(["targets", configuration.targets.length + index], true);
    if (isNode(node)) node.commentBefore = ` disabled: ${why}`;
  }
  const comments = [...notes, ...outside.map(({ name, why }) => `${name} is disabled: ${why}`)];
  if (comments.length > 0) {
    document.commentBefore = comments.map((comment) => ` ${comment}`).join("\n");
  }
  return document.toString({ lineWidth: 0 });
}

function describe(configuration: Configuration, disabled: readonly Target[]): unknown {
  const { defaults, limits, resilience } = configuration;
  const { files } = configuration.catalogue;
  return {
    listen: describeListen(configuration.listen),
    targets: [...configuration.targets, ...disabled].map((target) =>
      describeTarget(target, configuration.secrets),
    ),
    routes: configuration.routes.map(({ id, model, configured }) => ({
      id,
      model: escapeReferences(model),
      targets: [...configured],
    })),
    callers: configuration.callers.map(describeCaller),
    insecure: configuration.insecure,
    reflection: configuration.reflection,
    fast_lane: configuration.fastLane,
    simulate: configuration.simulate,
    log_level: configuration.logLevel,
    allowed_headers: [...configuration.allowedHeaders],
    ...(files.length > 0 && { catalogue: escapeValues(files) }),
    defaults: {
      timeout: formatDuration(defaults.timeoutMs),
      attempt_timeout: formatDuration(defaults.attemptTimeoutMs),
      first_delta_timeout: formatDuration(defaults.firstDeltaTimeoutMs),
      idle_timeout: formatDuration(defaults.idleTimeoutMs),
      retry: { max_attempts: defaults.maxAttempts },
    },
    limits: Object.fromEntries(limitNames.map((name) => [limitKey(name), limits[name]])),
    resilience: Object.fromEntries(
      resilienceNames.map((name) => [resilienceKey(name), resilience[name]]),
    ),
  };
}

function describeCaller({ name, callsPerMinute, concurrentCalls }: Caller): unknown {
  return {
    name,
    token: maskedSecret,
    ...(callsPerMinute !== undefined && { calls_per_minute: callsPerMinute }),
    ...(concurrentCalls !== undefined && { concurrent_calls: concurrentCalls }),
  };
}

function describeListen({ host, port, tls }: Listen): unknown {
  if (!tls) return { host, port };
  const { certificate, privateKey, clientCA } = tls.files;
  const files = { certificate, private_key: privateKey, ...(clientCA && { client_ca: clientCA }) };
  return { host, port, tls: escapeValues(files) };
}
