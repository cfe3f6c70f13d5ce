namespace DelphiRunner.Contracts;

/// <summary>Thrown by a handler for a row whose parameters cannot be run. The job ends failed with the message, and nothing is started.</summary>
/// <param name="message">What is wrong, with the attribute, the value seen and the rule.</param>
/// <param name="innerException">The cause, if any.</param>
public sealed class InvalidJobException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Thrown by a handler for settings that it cannot work with. The host quarantines the plugin and shows the message.</summary>
/// <param name="message">What is wrong, with the key, the value seen and the rule.</param>
/// <param name="innerException">The cause, if any.</param>
public sealed class InvalidSettingsException(string message, Exception? innerException = null) : Exception(message, innerException);
