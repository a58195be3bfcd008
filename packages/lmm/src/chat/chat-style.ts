/** How a conversation is written down for a model. */
export interface ChatStyle {
  readonly name: string;
  /** A question up to the place where its answer begins, without a space there; `round` counts from 0. */
  readonly ask: (question: string, round: number, system: string) => string;
  /** What stands between an answer and its end mark. */
  readonly afterAnswer: string;
  /** Closes an answer: the text of the model's end mark. */
  readonly end: string;
}

/** Vicuna's style, which LLaVA 1 and 1.5 were trained with. */
export const LLAVA_V1: ChatStyle = {
  name: 'llava_v1',
  ask: (question, round, system) => `${round === 0 ? `${system} ` : ''}USER: ${question} ASSISTANT:`,
  afterAnswer: '',
  end: '</s>',
};

/** LLaMA-2's style, as LLaVA writes it. */
export const LLAVA_LLAMA_2: ChatStyle = {
  name: 'llava_llama_2',
  ask: (question, round, system) =>
    round === 0 ? `[INST] <<SYS>>\n${system}\n<</SYS>>\n\n${question} [/INST]` : `<s>[INST] ${question} [/INST]`,
  afterAnswer: ' ',
  end: '</s>',
};

/** A style of our own with few marks, for models that are trained from nothing. */
export const PLAIN_CHAT: ChatStyle = {
  name: 'plain',
  ask: (question, round, system) => `${round === 0 && system ? `${system}\n` : ''}Q: ${question}\nA:`,
  afterAnswer: '',
  end: '</s>',
};

/** The styles by name. */
export const CHAT_STYLES: Readonly<Record<string, ChatStyle>> = Object.fromEntries(
  [LLAVA_V1, LLAVA_LLAMA_2, PLAIN_CHAT].map((style) => [style.name, style]),
);
