import type { Annotation, AnnotationItem, Annotator } from '../kinds/annotator.ts';
import { demand, type ConformanceCheck } from './conformance-check.ts';

/** What the suite needs beside the annotator. */
export interface AnnotatorConformanceOptions {
  /** Items that it can annotate. */
  readonly items: readonly AnnotationItem[];
}

function demandBoxes(annotation: Annotation, { file, width, height }: AnnotationItem): void {
  for (const [part, box] of Object.entries(annotation.partBoxes ?? {})) {
    if (box === null) continue;
    const [x0, y0, x1, y1] = box;
    const isInside = x0 >= 0 && y0 >= 0 && x1 <= width && y1 <= height && x0 < x1 && y0 < y1;
    demand(isInside, `The box [${box.join(', ')}] of "${part}" is not inside ${file} (${width} by ${height}).`);
  }
}

/** What every annotator keeps to. */
export function annotatorConformance(make: () => Annotator, { items }: AnnotatorConformanceOptions): ConformanceCheck[] {
  return [
    {
      title: 'has a name for its sidecar, a producer and something to give',
      check() {
        const { name, producer, gives } = make();
        demand(/^[a-z0-9][a-z0-9-]*$/.test(name), `Its name "${name}" is no name of a file in small letters.`);
        demand(producer !== '' && gives.length > 0, 'It names no producer, or gives nothing.');
      },
    },
    {
      title: 'gives no more than it says, with boxes inside the image',
      async check() {
        const annotator = make();
        for (const item of items) {
          const annotation = await annotator.annotate(item);
          const facts = Object.keys(annotation ?? {}).filter((fact) => fact !== 'quality');
          const extra = facts.find((fact) => !(annotator.gives as readonly string[]).includes(fact));
          demand(extra === undefined, `It gives "${extra}" for ${item.file}, and says that it gives ${annotator.gives.join(', ')}.`);
          if (annotation) demandBoxes(annotation, item);
        }
      },
    },
    {
      title: 'says the same again, whatever it is asked in between',
      async check() {
        const annotator = make();
        const ask = async (order: readonly AnnotationItem[]): Promise<Map<string, string>> => {
          const said = new Map<string, string>();
          for (const item of order) said.set(JSON.stringify([item.file, item.person]), JSON.stringify(await annotator.annotate(item)));
          return said;
        };
        const [first, second] = [await ask(items), await ask([...items].reverse())];
        for (const [key, said] of first) demand(second.get(key) === said, `It says ${second.get(key)} about ${key} after ${said}.`);
      },
    },
  ];
}
