import { type ProtoMessages, ProtoReader } from "./proto-message.ts";

const schema =
  "type:enum(TYPE_UNSPECIFIED|STRING|NUMBER|INTEGER|BOOLEAN|ARRAY|OBJECT|NULL) format:string " +
  "title:string description:string nullable:bool enum:string* items:Schema maxItems:int " +
  "minItems:int properties:Schema{} required:string* minProperties:int maxProperties:int " +
  "minimum:float maximum:float minLength:int maxLength:int pattern:string example:any " +
  "anyOf:Schema* propertyOrdering:string* default:any";

const part =
  "text:string inlineData:Blob functionCall:FunctionCall functionResponse:FunctionResponse " +
  "fileData:FileData executableCode:ExecutableCode codeExecutionResult:CodeExecutionResult " +
  "videoMetadata:struct thought:bool thoughtSignature:bytes mediaResolution:struct " +
  "toolCall:struct toolResponse:struct";

const generationConfig =
  "candidateCount:int stopSequences:string* maxOutputTokens:int temperature:float topP:float " +
  "topK:float seed:int responseMimeType:string responseSchema:Schema responseJsonSchema:any " +
  "presencePenalty:float frequencyPenalty:float responseLogprobs:bool logprobs:int " +
  "responseModalities:enum(MODALITY_UNSPECIFIED|TEXT|IMAGE|AUDIO|VIDEO)* speechConfig:struct " +
  "thinkingConfig:ThinkingConfig imageConfig:struct mediaResolution:enum(" +
  "MEDIA_RESOLUTION_UNSPECIFIED|MEDIA_RESOLUTION_LOW|MEDIA_RESOLUTION_MEDIUM|" +
  "MEDIA_RESOLUTION_HIGH)";

const tool =
  "functionDeclarations:FunctionDeclaration* googleSearchRetrieval:struct codeExecution:Empty " +
  "googleSearch:struct computerUse:struct urlContext:Empty googleMaps:struct";

const safetySetting =
  "category:enum(HARM_CATEGORY_UNSPECIFIED|HARM_CATEGORY_DEROGATORY|HARM_CATEGORY_TOXICITY|" +
  "HARM_CATEGORY_VIOLENCE|HARM_CATEGORY_SEXUAL|HARM_CATEGORY_MEDICAL|HARM_CATEGORY_DANGEROUS|" +
  "HARM_CATEGORY_HARASSMENT|HARM_CATEGORY_HATE_SPEECH|HARM_CATEGORY_SEXUALLY_EXPLICIT|" +
  "HARM_CATEGORY_DANGEROUS_CONTENT|HARM_CATEGORY_CIVIC_INTEGRITY|HARM_CATEGORY_JAILBREAK|" +
  "HARM_CATEGORY_IMAGE_HATE|HARM_CATEGORY_IMAGE_DANGEROUS_CONTENT|" +
  "HARM_CATEGORY_IMAGE_HARASSMENT|HARM_CATEGORY_IMAGE_SEXUALLY_EXPLICIT) " +
  "threshold:enum(HARM_BLOCK_THRESHOLD_UNSPECIFIED|BLOCK_LOW_AND_ABOVE|BLOCK_MEDIUM_AND_ABOVE|" +
  "BLOCK_ONLY_HIGH|BLOCK_NONE|OFF)";

const blockMethods = "HARM_BLOCK_METHOD_UNSPECIFIED|SEVERITY|PROBABILITY";
const searches = "parallelAiSearch:struct exaAiSearch:struct";
const selections = "routingConfig:struct modelSelectionConfig:struct";

const request =
  "model:string contents:Content* systemInstruction:Content tools:Tool* toolConfig:ToolConfig " +
  "safetySettings:SafetySetting* generationConfig:GenerationConfig cachedContent:string";

const common: ProtoMessages = {
  Content: "parts:Part* role:string",
  FunctionCall: "id:string name:string args:struct",
  FunctionResponse:
    "id:string name:string response:struct parts:FunctionResponsePart* willContinue:bool " +
    "scheduling:enum(SCHEDULING_UNSPECIFIED|SILENT|WHEN_IDLE|INTERRUPT)",
  ExecutableCode: "id:string language:enum(LANGUAGE_UNSPECIFIED|PYTHON) code:string",
  CodeExecutionResult:
    "id:string output:string outcome:enum(OUTCOME_UNSPECIFIED|OUTCOME_OK|OUTCOME_FAILED|" +
    "OUTCOME_DEADLINE_EXCEEDED)",
  FunctionDeclaration:
    "name:string description:string parameters:Schema parametersJsonSchema:any response:Schema " +
    "responseJsonSchema:any behavior:enum(UNSPECIFIED|BLOCKING|NON_BLOCKING)",
  FunctionCallingConfig:
    "mode:enum(MODE_UNSPECIFIED|AUTO|ANY|NONE|VALIDATED) allowedFunctionNames:string* " +
    "streamFunctionCallArguments:bool",
  ThinkingConfig:
    "includeThoughts:bool thinkingBudget:int " +
    "thinkingLevel:enum(THINKING_LEVEL_UNSPECIFIED|LOW|MEDIUM|HIGH|MINIMAL)",
  Empty: "",
};

/** Reads requests to the Gemini API. */
export const geminiReader: ProtoReader = new ProtoReader(
  {
    ...common,
    GenerateContentRequest: `${request} serviceTier:string store:bool`,
    CountTokensRequest: "contents:Content* generateContentRequest:GenerateContentRequest",
    Part: `${part} partMetadata:struct`,
    Blob: "mimeType:string data:bytes",
    FileData: "mimeType:string fileUri:string",
    FunctionResponsePart: "inlineData:Blob",
    Schema: schema,
    Tool: `${tool} fileSearch:struct mcpServers:struct*`,
    ToolConfig:
      "functionCallingConfig:FunctionCallingConfig retrievalConfig:struct " +
      "includeServerSideToolInvocations:bool",
    SafetySetting: safetySetting,
    GenerationConfig: `${generationConfig} enableEnhancedCivicAnswers:bool`,
  },
  "google.ai.generativelanguage.v1beta",
);

/** Reads requests to Gemini models on Vertex AI. */
export const vertexReader: ProtoReader = new ProtoReader(
  {
    ...common,
    GenerateContentRequest: `${request} labels:string{} modelArmorConfig:struct`,
    CountTokensRequest:
      "model:string instances:any* contents:Content* systemInstruction:Content tools:Tool* " +
      "generationConfig:GenerationConfig",
    Part: part,
    Blob: "mimeType:string data:bytes displayName:string",
    FileData: "mimeType:string fileUri:string displayName:string",
    FunctionResponsePart: "inlineData:Blob fileData:FileData",
    Schema: `${schema} additionalProperties:any ref:string defs:Schema{}`,
    Tool: `${tool} retrieval:struct enterpriseWebSearch:struct ${searches}`,
    ToolConfig: "functionCallingConfig:FunctionCallingConfig retrievalConfig:struct",
    SafetySetting: `${safetySetting} method:enum(${blockMethods})`,
    GenerationConfig: `${generationConfig} audioTimestamp:bool ${selections}`,
  },
  "google.cloud.aiplatform.v1",
);
