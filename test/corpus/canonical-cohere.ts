import { isObject, objectOf, objectsOf, type Plain } from "./plain.ts";
import { withoutNulls } from "./request-draft.ts";

/**
 * A body of Cohere's Chat in one of the forms that mean the same: content as a list without empty
 * texts, defaults and empty lists left out.
 */
export function canonicalCohere(body: Plain): Plain {
  const { messages, tools, stream, response_format: format, ...rest } = body;
  return withoutEmpty({
    ...rest,
    messages: objectsOf(messages).map(messageOf),
    tools: objectsOf(tools).map(({ function: fn, ...tool }) => ({
      ...tool,
      function: isObject(fn) ? withoutNulls({ ...fn, description: fn.description || null }) : fn,
    })),
    response_format: isObject(format) ? withoutNulls(format) : format,
    stream: stream === true ? true : undefined,
  });
}

function messageOf({ content, ...rest }: Plain): Plain {
  const pieces =
    typeof content === "string" ? [{ type: "text", text: content }] : objectsOf(content);
  const said = pieces.filter(({ type, text }) => type !== "text" || text !== "");
  return withoutEmpty({ ...rest, content: said.map(pieceOf) });
}

function pieceOf(piece: Plain): Plain {
  if (piece.type !== "image_url") return withoutNulls(piece);
  const { detail, ...image } = objectOf(piece.image_url);
  return {
    ...piece,
    image_url: withoutNulls({ ...image, detail: detail === "auto" ? null : detail }),
  };
}

/** Without members that are null or an empty list. */
function withoutEmpty(object: Plain): Plain {
  const said = Object.entries(withoutNulls(object));
  return Object.fromEntries(said.filter(([, value]) => !Array.isArray(value) || value.length > 0));
}
