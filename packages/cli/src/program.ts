import { Command, type CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from './version.ts';

const wholeNumber = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
};

const collect = (value: string, held: readonly string[] = []): string[] => [...held, value];

const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  $ reidkit ${line}`).join('\n')}\n`;

const withEngine = (command: Command): Command =>
  command
    .option('--threads <n>', 'threads of the engine (default: all of the machine)', wholeNumber)
    .option('--backend <name>', 'engine: onnx, tensorflow, xla or reference (default: onnx, or REIDKIT_BACKEND)')
    .option('--eager', 'run steps operation by operation instead of compiling them, for debugging');

const withWorkers = (command: Command): Command =>
  command
    .option('--workers <n>', 'threads that read and decode images (default: as many as processors, at most 4)', wholeNumber)
    .addOption(
      new Option('--on-error <what>', 'an image that cannot be read: stop, or skip and count').choices(['stop', 'skip']).default('stop'),
    );

const withRecipe = (command: Command): Command =>
  command
    .option('--preset <name>', 'which reading of the method (default: paper)')
    .option('--size <name>', 'how big: paper or tiny (default: paper)')
    .option('--set <path=value>', 'change a value of the recipe; may be repeated', collect);

function demo(program: Command): void {
  withWorkers(
    withEngine(
      program.command('demo').description('write synthetic pedestrians, train on them, evaluate, and show the result; takes minutes'),
    ),
  )
    .option('--seed <n>', 'seed of data and training', wholeNumber, 1)
    .option('--out <folder>', 'where to write; a former demo there is replaced', 'runs/demo')
    .addHelpText('after', examples('demo', 'demo --seed 7 --out runs/demo-7'))
    .action(async (options) => (await import('./commands/demo.ts')).demoCommand(options));
}

function synth(program: Command): void {
  program
    .command('synth')
    .description('write synthetic pedestrians as JPEG files in Market-1501 layout')
    .argument('<folder>', 'where to write; must not hold anything yet')
    .option('--seed <n>', 'seed: the same one gives the same bytes', wholeNumber, 1)
    .option('--set <option=value>', 'an option of the generator, such as trainIdentities=20; may be repeated', collect)
    .option('--workers <n>', 'threads that draw (default: all processors)', wholeNumber)
    .addHelpText('after', examples('synth data/people', 'synth data/clothes --seed 3 --set outfits=3 --set infraredCameras=2'))
    .action(async (folder, options) => (await import('./commands/synth.ts')).synthCommand(folder, options));
}

function data(program: Command): void {
  const group = program.command('data').description('look at data sets');
  group
    .command('check')
    .description('say which data set a folder is, what was found, what was left out by which rule, and whether it can be evaluated')
    .argument('<folder>')
    .option('--deep', 'decode every image and look for the same image in several splits')
    .option('--cache <file>', 'where --deep remembers what it has read, so that it goes on after a stop (default: in the temporary folder)')
    .option('--json', 'print the findings as JSON')
    .option('--html <file>', 'write a page with counts, histograms and pictures')
    .addHelpText('after', examples('data check data/Market-1501-v15.09.15', 'data check data/mine --deep --json > findings.json'))
    .action(async (folder, options) => (await import('./commands/data-check.ts')).dataCheckCommand(folder, options));
  group
    .command('extract')
    .description('take the images of CUHK03 out of cuhk-03.mat, once, so that they can be read')
    .argument('<folder>', 'folder with cuhk03_release in it')
    .option('--out <folder>', 'where images_detected and images_labeled go (default: the same folder)')
    .addHelpText('after', examples('data extract data/cuhk03', 'data extract data/cuhk03 --out data/cuhk03-images'))
    .action(async (folder, options) => (await import('./commands/data-extract.ts')).dataExtractCommand(folder, options));
}

function annotate(program: Command): void {
  withEngine(program.command('annotate'))
    .description('fill a sidecar of a data set: part boxes, masks, captions, instructions; goes on where it was when run again')
    .requiredOption(
      '--with <annotator>',
      'stripes, part-calibration, parsing-maps, part-index, clip-parts, sam-masks, chat, or the id of an annotator of a plugin',
    )
    .requiredOption('--data <folder>', 'data set')
    .option('--out <file>', 'the sidecar (default: sidecars/NAME.jsonl in the data set)')
    .option('--split <name>', 'only this split; may be repeated', collect)
    .option('--weights <file>', 'checkpoint of an annotator that runs a model, such as ViT-B-16.pt for clip-parts')
    .option('--parallel <n>', 'items at the same time', wholeNumber, 4)
    .option('--limit <n>', 'stop after so many items', wholeNumber)
    .option('--set <option=value>', 'an option of the annotator; may be repeated', collect)
    .option('--plugin <package>', 'package with annotators of your own; may be repeated', collect)
    .addHelpText(
      'after',
      examples(
        'annotate --with stripes --data data/people --split train',
        'annotate --with clip-parts --weights weights/ViT-B-16.pt --set tokenizer=weights/clip --data data/people --split train',
        'annotate --with chat --data data/people --set url=http://127.0.0.1:8000/v1 --set model=internvl --set task=captions --set calls=500',
      ),
    )
    .action(async (options) => (await import('./commands/annotate.ts')).annotateCommand(options));
}

const withStart = (command: Command): Command =>
  command
    .option('--data <folder>', 'data set for training and evaluation')
    .option('--initial-weights <file>', 'checkpoint to start from: safetensors, .pth, .pt, a folder of Hugging Face, or a run')
    .option('--leave <pattern>', 'parameters that the checkpoint does not set, such as "classifier*"; may be repeated', collect)
    .option('--stages <names>', 'train only these stages of the recipe, separated by commas')
    .option('--artefact <name=file>', 'what a stage needs and another run made, from its folder "artefacts"; may be repeated', collect)
    .option('--checkpoint-every <n>', 'steps between checkpoints inside an epoch', wholeNumber, 200);

function train(program: Command): void {
  withStart(withRecipe(withWorkers(withEngine(program.command('train').description('train a recipe on a data set')))))
    .argument('[recipe]', 'name of a recipe, path of a JSON file, or a run whose recipe to take')
    .option('--out <folder>', 'folder of the run (default: runs/RECIPE)')
    .option('--seed <n>', 'seed of the run (default: that of the recipe)', wholeNumber)
    .option('--seeds <list>', 'train several times, into OUT/seed-N: 1..5 or 1,2,7')
    .option('--resume [run]', 'go on with a run that was interrupted')
    .addHelpText(
      'after',
      examples(
        'train baseline --size tiny --data data/people',
        'train baseline --data data/Market-1501-v15.09.15 --set stages.0.epochs=60 --out runs/market',
        'train --resume runs/market',
        'train baseline --size tiny --data data/people --seeds 1..5',
        'train clip-reid --stages image --artefact prompts=runs/first/artefacts/prompts.safetensors --data data/people --out runs/second',
      ),
    )
    .action(async (recipe, options) => (await import('./commands/train.ts')).trainCommand(recipe, options));
}

function sweep(program: Command): void {
  withStart(
    withRecipe(
      withWorkers(
        withEngine(
          program
            .command('sweep')
            .description('train a recipe with every combination of some values, several at a time; run again, it goes on where it was'),
        ),
      ),
    ),
  )
    .argument('<recipe>', 'name of a recipe, path of a JSON file, or a run whose recipe to take')
    .option('--grid <path=values>', 'values of a path of the recipe, separated by commas; repeat it for every combination', collect)
    .option('--seeds <list>', 'train each setting with each of these seeds: 1..5 or 1,2,7')
    .option(
      '--processes <n>',
      'runs at the same time, which share the processors (default: half as many as processors, at most 4)',
      wholeNumber,
    )
    .requiredOption('--out <folder>', 'folder of the sweep: a folder for each run, sweep.md, sweep.html, sweep.json')
    .addHelpText(
      'after',
      examples(
        'sweep baseline --size tiny --data data/people --grid stages.0.epochs=10,20,40 --out runs/epochs',
        'sweep baseline --size tiny --data data/people --grid streams.main.sampler.options.images=2,4 --grid stages.0.optimizer.options.rate=1e-4,3e-4,1e-3 --seeds 1..3 --processes 2 --out runs/sweep',
        "sweep runs/market --grid 'evaluation.flip=true,false' --out runs/flip",
      ),
    )
    .action(async (recipe, options) => (await import('./commands/sweep.ts')).sweepCommand(recipe, options));
}

function evaluate(program: Command): void {
  withWorkers(withEngine(program.command('evaluate').description('evaluate a trained run, on its own data or on others')))
    .argument('<run>', 'folder of a run')
    .option('--data <folder>', 'another data set')
    .option('--features <folder>', 'keep the descriptors of the gallery in files: never whole in memory, and gone on with after a stop')
    .option('--detections <file>', 'people found in the frames of a person search, one JSON line per frame (default: the true boxes)')
    .option('--set <path=value>', 'change a value of the evaluation, such as protocol.options.cameraFilter=none; may be repeated', collect)
    .option('--json', 'print the figures as JSON')
    .option('--out <file>', 'write the figures to a file')
    .addHelpText(
      'after',
      examples(
        'evaluate runs/market',
        'evaluate runs/market --data data/other --set protocol.options.cameraFilter=none --json',
        `evaluate runs/market --data data/PRW --detections found.jsonl --set 'protocol={"use":"protocol/person-search"}'`,
        `evaluate runs/market --set 'rerank=[{"use":"rerank/k-reciprocal"}]' --out reranked.json`,
      ),
    )
    .action(async (run, options) => (await import('./commands/evaluate.ts')).evaluateCommand(run, options));
}

function embed(program: Command): void {
  withWorkers(withEngine(program.command('embed').description('descriptors of images by a trained run')))
    .argument('<run>', 'folder of a run')
    .argument('<images...>', 'image files')
    .option('--camera <n>', 'camera of the images, from 0, for models that use it', wholeNumber)
    .option('--out <file>', 'write a safetensors file instead of printing JSON lines')
    .addHelpText('after', examples('embed runs/demo a.jpg b.jpg', 'embed runs/demo crops/*.jpg --out features.safetensors'))
    .action(async (run, images, options) => (await import('./commands/embed.ts')).embedCommand(run, images, options));
}

function segment(program: Command): void {
  withEngine(program.command('segment').description('masks in an image from boxes or points, by Segment Anything'))
    .argument('<image>', 'image file')
    .option('--box <x0,y0,x1,y1>', 'box around what is meant, in pixels; repeat it for a mask of each', collect)
    .option('--point <x,y>', 'place inside of it, in pixels; may be repeated', collect)
    .option('--outside <x,y>', 'place outside of it; may be repeated', collect)
    .option('--weights <file>', 'checkpoint of Segment Anything, such as sam_vit_b_01ec64.pth (default: weights/sam/model.safetensors)')
    .requiredOption('--out <file>', 'PNG file of the mask: 255 inside; of several masks their numbers from 1')
    .option('--overlay <file>', 'PNG file of the image with the masks painted over it')
    .addHelpText(
      'after',
      examples(
        'segment street.jpg --box 120,80,210,400 --weights sam_vit_b_01ec64.pth --out mask.png',
        'segment street.jpg --point 165,200 --outside 165,420 --out mask.png --overlay overlay.png',
      ),
    )
    .action(async (image, options) => (await import('./commands/segment.ts')).segmentCommand(image, options));
}

function generate(program: Command): void {
  withEngine(program.command('generate').description('let a language model of the LLaMA family write on'))
    .argument('<prompt>', 'what it is to go on from, or a question with --chat')
    .requiredOption('--weights <folder>', 'config.json, tokenizer.json and weights as Hugging Face lays them out')
    .addOption(new Option('--chat <style>', 'write the prompt as a question').choices(['llava_v1', 'llava_llama_2', 'plain']))
    .option('--system <text>', 'what the model is told in front of a question', '')
    .option('--words <n>', 'most words to write', wholeNumber, 64)
    .addOption(new Option('--bits <n>', 'make weights whole numbers').choices(['8', '4']))
    .option('--temperature <t>', 'draw words instead of taking the best', Number)
    .option('--top-p <p>', 'draw from the best words that together have this probability', Number)
    .option('--seed <n>', 'seed of the draws', wholeNumber, 1)
    .addHelpText('after', examples('generate --weights llama-2-7b --bits 8 "A person in a red coat"'))
    .action(async (prompt, options) => (await import('./commands/generate.ts')).generateCommand(prompt, options));
}

function report(program: Command): void {
  withEngine(program.command('report').description('write the report page of a run: figures, curves, ranked lists, regions, descriptors'))
    .argument('<run>', 'folder of a run')
    .option('--workers <n>', 'threads that read and decode images (default: as many as processors, at most 4)', wholeNumber)
    .option('--no-pictures', 'leave out what the model must be run for: regions and descriptors')
    .option('--data <folder>', 'where the images of the evaluation are now, if they were moved')
    .addHelpText('after', examples('report runs/market', 'report runs/market --no-pictures'))
    .action(async (run, options) => (await import('./commands/report.ts')).reportCommand(run, options));
}

function compare(program: Command): void {
  program
    .command('compare')
    .description('put runs side by side, with confidence intervals over queries')
    .argument('<runs...>', 'folders of runs, or files written by evaluate --out; the first is what the others are compared with')
    .option('--seed <n>', 'seed of the bootstrap, and of the random queries of --html', wholeNumber, 1)
    .option('--samples <n>', 'samples of the bootstrap', wholeNumber, 2000)
    .option('--html <file>', 'write a page with two runs on the same queries: random ones, and where the second gains and loses most')
    .option('--data <folder>', 'where the images of that page are now, if they were moved')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      examples(
        'compare runs/market runs/market-larger',
        'compare runs/market reranked.json --json',
        'compare runs/baseline runs/rganet --html compared.html',
      ),
    )
    .action(async (runs, options) => (await import('./commands/compare.ts')).compareCommand(runs, options));
}

function recipes(program: Command): void {
  const group = program.command('recipes').description('list recipes, or show one');
  group
    .command('list', { isDefault: true })
    .description('list the recipes')
    .action(async () => (await import('./commands/recipes.ts')).listRecipesCommand());
  withRecipe(group.command('show').description('print a recipe as JSON; with --parameters, the parameters of its model'))
    .argument('<recipe>', 'name of a recipe, or path of a JSON file')
    .option('--parameters', 'list the parameters and their number instead')
    .option('--classes <n>', 'training identities, for --parameters', wholeNumber, 751)
    .addHelpText('after', examples('recipes', 'recipes show baseline --size tiny > mine.json', 'recipes show baseline --parameters'))
    .action(async (recipe, options) => (await import('./commands/recipes.ts')).showRecipeCommand(recipe, options));
}

function crossDomain(program: Command): void {
  withWorkers(
    withEngine(program.command('cross-domain').description('evaluate runs on several data sets: a table of training data by test data')),
  )
    .argument('<runs...>', 'folders of runs')
    .requiredOption('--target <folder>', 'data set to test on; may be repeated', collect)
    .option('--json', 'print it as JSON')
    .option('--out <file>', 'write the figures to a file')
    .addHelpText('after', examples('cross-domain runs/market runs/msmt --target data/Market-1501-v15.09.15 --target data/MSMT17_V1'))
    .action(async (runs, options) => (await import('./commands/cross-domain.ts')).crossDomainCommand(runs, options));
}

function profile(program: Command): void {
  withRecipe(
    withEngine(
      program.command('profile').description('say what a recipe costs: parameters, multiplications, and time and memory measured here'),
    ),
  )
    .argument('<recipe>', 'name of a recipe, or path of a JSON file')
    .option('--classes <n>', 'training identities', wholeNumber, 751)
    .option('--batch <n>', 'items of a batch', wholeNumber, 8)
    .option('--steps <n>', 'steps whose median counts', wholeNumber, 3)
    .option('--count', 'count only, measure nothing')
    .addOption(new Option('--phase <name>', 'measure one stage, or "inference", in this process').hideHelp())
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      examples('profile muva --count', 'profile clip-reid --size tiny --batch 64', 'profile muva --set model.options.parts=[] --json'),
    )
    .action(async (recipe, options) => (await import('./commands/profile.ts')).profileCommand(recipe, options));
}

function importWeights(program: Command): void {
  program
    .command('import')
    .description('say what a checkpoint of PyTorch or Hugging Face is, and convert its weights to safetensors under the names used here')
    .argument('<file>', '.pth, .pt, .bin or .safetensors file, an index of shards, or a folder that holds one of these')
    .option('--as <architecture>', 'what it must be, such as clip-vit-b16 (default: what its names and shapes say)')
    .option('--out <folder>', 'where to write model.safetensors and import.json (default: weights/NAME)')
    .option('--loose', 'take what fits and leave the rest, instead of refusing a file with missing, unexpected or misshapen tensors')
    .option('--no-checksums', 'do not compare the checksums of zip archives')
    .addHelpText('after', examples('import ViT-B-16.pt', 'import downloads/clip-vit-base-patch16 --as clip-vit-b16 --out weights/clip'))
    .action(async (file, options) => (await import('./commands/import.ts')).importCommand(file, options));
}

function inspect(program: Command): void {
  program
    .command('inspect')
    .description('list the tensors of a checkpoint and say what it is; nothing of it is run')
    .argument('<file>', '.pth, .pt, .bin or .safetensors file, an index of shards, or a folder that holds one of these')
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples('inspect ViT-B-16.pt', 'inspect runs/market/model.safetensors --json'))
    .action(async (file, options) => (await import('./commands/inspect.ts')).inspectCommand(file, options));
}

function doctor(program: Command): void {
  withEngine(program.command('doctor').description('say what this machine offers and whether the engine works'))
    .option('--json', 'print it as JSON')
    .addHelpText('after', examples('doctor', 'doctor --json'))
    .action(async (options) => (await import('./commands/doctor.ts')).doctorCommand(options));
}

function backend(program: Command): void {
  program
    .command('backend')
    .description('fetch what an engine needs and npm does not have')
    .command('install')
    .description(
      'fetch the libraries of an engine by pip, with pinned versions and hashes, into the cache folder; goes on where it was stopped',
    )
    .argument('<engine>', 'xla-cuda13, xla-cuda12, xla-cpu or tensorflow')
    .option('--dry-run', 'only say what would be fetched, how big it is, and where it would go')
    .addHelpText('after', examples('backend install xla-cuda13 --dry-run', 'backend install xla-cpu'))
    .action(async (name, options) => (await import('./commands/backend-install.ts')).backendInstallCommand(name, options));
}

/** The command line. Wrong usage ends with exit code 2. */
export function makeProgram(): Command {
  const program = new Command('reidkit')
    .description('Person re-identification: data, training, evaluation, and what comes after.')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(add --help for what there is)')
    .exitOverride((error: CommanderError) => process.exit(error.exitCode === 0 ? 0 : 2))
    .addHelpText('after', examples('demo', 'data check data/Market-1501-v15.09.15', 'train baseline --size tiny --data data/people'));
  for (const add of [
    demo,
    synth,
    data,
    annotate,
    train,
    sweep,
    evaluate,
    compare,
    embed,
    segment,
    generate,
    report,
    recipes,
    crossDomain,
    profile,
    importWeights,
    inspect,
    backend,
    doctor,
  ])
    add(program);
  return program;
}
