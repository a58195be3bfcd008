import { extractCuhk03 } from '@reidkit/datasets';
import { ProgressLine } from '../progress.ts';

/** `reidkit data extract FOLDER`: takes the images of CUHK03 out of its .mat. */
export async function dataExtractCommand(folder: string, options: { readonly out?: string }): Promise<void> {
  const line = new ProgressLine();
  const onProgress = (done: number, total: number): void => line.update(`taking out images: ${done} of ${total}`);
  const { out, images } = await extractCuhk03({ root: folder, ...options, onProgress });
  console.log(`${images} images are in ${out} (images_detected, images_labeled).`);
}
