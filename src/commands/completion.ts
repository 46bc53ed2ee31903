import { Failure } from '../errors.ts';
import { completionCandidates } from './completion-candidates.ts';
import { completionScripts } from './completion-scripts.ts';
import { examples, type Verb } from './verb.ts';

const setUp = `
To set it up:
  bash        source <(mailctl completion bash)    in ~/.bashrc
  zsh         source <(mailctl completion zsh)     in ~/.zshrc, after compinit
  fish        mailctl completion fish | source     in config.fish
  powershell  mailctl completion powershell | Out-String | Invoke-Expression

Verbs, flags, their choices, accounts, and the folders that mailctl folders has
last listed are completed. No server is asked.`;

export const completion: Verb = {
  endings: ['usage', 'archive'],
  define(command, run, verbs) {
    command
      .description('Print the completion script of a shell.')
      .argument('<shell>', 'bash, zsh, fish or powershell')
      .addHelpText('after', setUp)
      .addHelpText(
        'after',
        examples(
          'mailctl completion bash >> ~/.bashrc',
          'mailctl completion fish > ~/.config/fish/completions/mailctl.fish',
        ),
      )
      .argument('[words...]', 'what the scripts ask: words, -- and the line so far')
      .action((shell, words) =>
        run(async (app) => {
          if (shell === 'words') {
            const candidates = await completionCandidates(app, verbs, words);
            const lines = candidates.map(({ value, about }) => `${value}\t${about}\n`);
            return app.output.raw(lines.join(''));
          }
          const script = completionScripts.get(shell);
          if (script === undefined) {
            throw new Failure('usage', `there is no completion for ${shell}`, {
              hint: `there is ${[...completionScripts.keys()].join(', ')}`,
            });
          }
          await app.output.raw(script);
        }),
      );
  },
};
