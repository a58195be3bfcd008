// What is used here of the test runner that tfjs-core's tests are written for; the package has no types.
declare module 'jasmine' {
  export interface SpecResult {
    readonly fullName: string;
    readonly status: 'passed' | 'failed' | 'pending' | 'excluded';
    readonly failedExpectations: readonly { readonly message: string }[];
  }
  class Jasmine {
    exitOnCompletion: boolean;
    readonly env: { configure(options: object): void };
    randomizeTests(value: boolean): void;
    clearReporters(): void;
    addReporter(reporter: { specDone?(result: SpecResult): void; suiteDone?(result: SpecResult): void }): void;
    execute(): Promise<unknown>;
  }
  export { Jasmine as default };
}
