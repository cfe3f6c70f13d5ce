namespace DelphiRunner.TestPlugins.Missing;

/// <summary>A class of a library that the plugin forgot to publish.</summary>
public abstract class MissingBase;
