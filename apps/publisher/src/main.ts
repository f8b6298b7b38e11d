import { DEFAULT_CONFIG_FILE, loadConfig } from '@fatbuildr/config';
import { configFileArgument, createLogger, refuseConfig, runService } from '@fatbuildr/service';
import packageJson from '../package.json' with { type: 'json' };
import { startPublisher } from './app.ts';

const file = configFileArgument(process.argv.slice(2), process.env, DEFAULT_CONFIG_FILE);
const config = await loadConfig({ file, environment: process.env }).catch(refuseConfig);
const log = createLogger({ name: 'publisher', ...config.log });

runService({
  log,
  environment: process.env,
  start: (signal) => startPublisher({ config, version: packageJson.version, log }, signal),
});
