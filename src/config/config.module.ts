import { Global, Module, type DynamicModule } from '@nestjs/common';
import { CONFIG_SLICES, Configuration } from './configuration.ts';

/** Provides each configuration slice under its own class. */
@Global()
@Module({})
export class ConfigModule {
  static register(configuration: Configuration): DynamicModule {
    const instances = configuration.slices();
    const slices = CONFIG_SLICES.map((slice) => ({
      provide: slice,
      useValue: instances.find((instance) => instance instanceof slice),
    }));
    return { module: ConfigModule, providers: slices, exports: [...CONFIG_SLICES] };
  }
}
