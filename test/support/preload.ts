// throttler is CommonJS and requires the ESM Nest packages: they must be loaded before it.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
