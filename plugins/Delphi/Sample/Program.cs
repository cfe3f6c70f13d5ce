using DelphiRunner.Plugins.Delphi.Sample;

return Commands.Run(args, Console.Out, Console.Error, Environment.GetEnvironmentVariable);
