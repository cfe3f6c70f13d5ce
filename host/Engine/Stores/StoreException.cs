namespace DelphiRunner.Engine.Stores;

/// <summary>The store could not be reached, opened, read or written. It says nothing about what is stored.</summary>
internal sealed class StoreException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A row that cannot be stored: no key, or an attribute that no store can hold.</summary>
internal sealed class InvalidRowException(string message, Exception? innerException = null) : Exception(message, innerException);
